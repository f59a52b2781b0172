"""Names by which columns are known, as data sets and programs give them, each as `columns.bare` leaves it.

The likeliest name comes first.
"""

USER = ("userid", "user", "username", "uid", "usersha1", "listenerid", "listener")
COUNT = ("count", "playcount", "plays", "listens", "listencount")
TIME = ("time", "timestamp", "playedat", "listenedat", "datetime", "date", "ts", "uts")
TIME += ("played", "scrobbledat", "scrobbletime", "unixtime", "utctime", "dateutc", "starttime", "endtime")

TITLE = ("title", "songtitle", "tracktitle", "trackname", "songname", "name", "song", "track", "recordingname")
ARTIST = ("artist", "artistname", "artists", "artistnames", "trackartist", "creator", "performer")
ALBUM = ("album", "albumname", "albumtitle", "release", "releasename")
FILE = ("path", "file", "filename", "filepath", "location")
