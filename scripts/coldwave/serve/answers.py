"""The bodies of answers."""

from pydantic import BaseModel


class About(BaseModel):
    """The run."""

    run: str
    songs: int
    users: int
    model: str
    notes: list[str]
    hears_files: bool
    plays_audio: bool
    version: str


class Song(BaseModel):
    """A song, by its number ``song`` and its id."""

    song: int
    song_id: str
    title: str | None
    artist: str | None
    album: str | None
    tags: list[str]
    plays: int
    playable: bool


class FoundSongs(BaseModel):
    """Songs that were looked for, and how many there are in all."""

    songs: list[Song]
    total: int


class Near(Song):
    """A song that is near another, or near a file."""

    rank: int
    cosine: float
    shared_tags: list[str]


class Similar(BaseModel):
    """Nearest songs, by how they sound and by who is expected to play them."""

    sound: list[Near]
    usage: list[Near]


class User(BaseModel):
    """A user, by the number ``user`` and the id, with the number of songs and the sum of plays."""

    user: int
    user_id: str
    songs: int
    plays: int


class FoundUsers(BaseModel):
    """Users that were looked for, and how many there are in all."""

    users: list[User]
    total: int


class RecommendedSong(Song):
    """A song that is recommended, with the song of the history that carries most of its score."""

    rank: int
    score: float
    by: str
    because_id: str | None
    because_title: str | None
    because_artist: str | None
    because_plays: float | None
    shared_tags: list[str]
    why: str | None


class Recommendations(BaseModel):
    """Recommended songs, the model that found them, and what is to be said."""

    model: str
    notes: list[str]
    songs: list[RecommendedSong]


class Matched(BaseModel):
    """How many tracks and plays of a history are of songs of the run, and of how many."""

    tracks: int
    of_tracks: int
    plays: int
    of_plays: int


class Way(BaseModel):
    """How many tracks and plays were matched in one way, or not for one reason."""

    how: str
    matched: bool
    tracks: int
    plays: int


class Unmatched(BaseModel):
    """A track of a history that is no song of the run, with the reason."""

    artist: str | None
    title: str | None
    plays: int
    reason: str


class HistoryRecommendations(Recommendations):
    """Recommended songs for a history, and how it was matched to the run's songs; of the others, those most played."""

    matched: Matched
    ways: list[Way]
    unmatched: list[Unmatched]


class Tag(BaseModel):
    """A tag of the nearest songs: how many have it, their share, and the share of all songs."""

    tag: str
    songs: int
    share: float
    share_of_all: float


class HeardTag(BaseModel):
    """A tag as an encoder of the run hears it, and how much it fits."""

    tag: str
    fits: float


class ListenerOf(BaseModel):
    """A user for whom a file stands out."""

    user: int
    user_id: str
    rank: int
    score: float
    lift: float


class PlacedFile(BaseModel):
    """Where an audio file belongs."""

    similar: Similar
    tags: list[Tag]
    heard: list[HeardTag]
    listeners: list[ListenerOf]


class Path(BaseModel):
    """Songs that lead from one to another."""

    songs: list[Song]
