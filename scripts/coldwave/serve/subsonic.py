"""What OpenSubsonic says: who may ask, and answers in JSON or XML."""

import hashlib
import hmac
import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from coldwave.serve.catalogue import own_version
from coldwave.shown import printable

VERSION = "1.16.1"
NAMESPACE = "http://subsonic.org/restapi"
GENERIC, LACKING, WRONG_USER, NOT_FOUND = 0, 10, 40, 70  # error codes


class SubsonicError(Exception):
    """An error by its code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def check_user(asked: Mapping[str, str], known: tuple[str, str] | None) -> None:
    """Check the user and the password of a request: a salted token, or the password itself.

    Raises
    ------
    SubsonicError
        They are lacking or wrong. Nothing is checked where ``known``, user and password, is None.
    """
    if known is None:
        return
    user, password = known
    if "u" not in asked or not ("p" in asked or {"t", "s"} <= asked.keys()):
        raise SubsonicError(LACKING, "a user (u), and a token (t) with its salt (s), are needed")
    if "t" in asked and "s" in asked:
        expected, given = hashlib.md5((password + asked["s"]).encode()).hexdigest(), asked["t"].lower()
    else:
        expected, given = password, _decoded(asked["p"])
    right = hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
    if not (hmac.compare_digest(user.encode(), asked["u"].encode("utf-8", "replace")) and right):
        raise SubsonicError(WRONG_USER, "wrong user or password")


def _decoded(password: str) -> str:
    if not password.startswith("enc:"):
        return password
    try:
        return bytes.fromhex(password[4:]).decode()
    except ValueError:
        return ""


def child(song: Mapping[str, Any]) -> dict[str, Any]:
    """Tell of a song as OpenSubsonic does; what is not known is left out."""
    known = {"title": song["title"] or song["song_id"], "artist": song["artist"], "album": song["album"]}
    genre = song["tags"][0] if song["tags"] else None
    told = {"id": song["song_id"], "isDir": False, **known, "genre": genre, "type": "music", "mediaType": "song"}
    return {name: value for name, value in told.items() if value is not None}


def similarity(cosine: float) -> float:
    """Turn a cosine into a similarity: 1 for the same, 0 for opposites; -1 where there is no cosine."""
    return round((1 + max(-1.0, min(1.0, cosine))) / 2, 6) if cosine == cosine else -1.0


def answer(wanted: str, body: Mapping[str, Any] | None = None, error: SubsonicError | None = None) -> Response:
    """Make an answer: in JSON if ``wanted`` is json, and else in XML. Errors have the status 200, as players expect."""
    head = {"status": "failed" if error else "ok", "version": VERSION, "type": "coldwave"}
    head |= {"serverVersion": own_version(), "openSubsonic": True}
    content = {"error": {"code": error.code, "message": printable(str(error))}} if error else dict(body or {})
    if wanted == "json":
        return Response(json.dumps({"subsonic-response": head | content}), media_type="application/json")
    root = _element("subsonic-response", {"xmlns": NAMESPACE} | head | content)
    return Response(ET.tostring(root, "utf-8", xml_declaration=True), media_type="application/xml")


def _element(name: str, values: Mapping[str, Any]) -> ET.Element:
    """Make an element: what has parts becomes an element in it, a list several, and all else an attribute."""
    element = ET.Element(name)
    for key, value in values.items():
        if isinstance(value, Mapping):
            element.append(_element(key, value))
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, Mapping):
                    element.append(_element(key, one))
                else:
                    ET.SubElement(element, key).text = _text(one)
        else:
            element.set(key, _text(value))
    return element


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else printable(str(value))
