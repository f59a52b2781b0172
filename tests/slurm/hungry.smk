"""Two rules with needs like the workflow's: one takes more memory than it is given at first, one takes two GPUs."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir).parents[1]))

from workflow.needs import grown


rule hungry:
    output:
        "hungry/{number}.txt",
    params:
        # Snakemake itself, which starts it, is counted as well
        megabytes=lambda wildcards: 600 if wildcards.number == "1" else 1,
        python=sys.executable,
    resources:
        mem_mb=grown(lambda input: 700),
        runtime=grown(lambda input: 10),
    shell:
        "{params.python} -c 'import time; held = b\"1\" * ({params.megabytes} * 10**6); time.sleep(8)' && "
        'echo "{resources.mem_mb} MB" > {output}'


rule devices:
    output:
        "devices.txt",
    resources:
        mem_mb=grown(lambda input: 700),
        runtime=grown(lambda input: 10),
        gpu=2,
        slurm_partition="gpu",
    shell:
        'echo "$CUDA_VISIBLE_DEVICES" >> {output}'
