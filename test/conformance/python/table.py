"""The table of cases, and how an answer is compared with it: see ../README.md."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

Json = object
Case = Mapping[str, Json]

VARIABLE = re.compile(r"\{\{(\w+)\}\}")
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def fill(case: Case, variables: Mapping[str, str]) -> dict[str, Json]:
    """Replaces the variables in a case."""
    text = VARIABLE.sub(lambda found: variables[found[1]], json.dumps(case))
    return dict(members(json.loads(text)))


def members(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def kept(pointers: Json, answer: Json) -> dict[str, str]:
    """Reads members of an answer, by JSON Pointer."""
    return {name: str(members(answer)[str(pointer)[1:]]) for name, pointer in members(pointers).items()}


def matches(expected: Json, got: Json, present: bool = True) -> bool:
    if isinstance(expected, Mapping):
        if expected.get("$absent") is True:
            return not present
        if "$type" in expected:
            kind = TYPES[str(expected["$type"])]
            return isinstance(got, kind) and (bool in kind or not isinstance(got, bool))
        return isinstance(got, Mapping) and all(
            matches(each, got.get(name), name in got) for name, each in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(got, list)
            and len(got) == len(expected)
            and all(matches(each, got[index]) for index, each in enumerate(expected))
        )
    if not present or isinstance(expected, bool) != isinstance(got, bool):
        return False
    return expected == got or same_moment(expected, got)


def same_moment(expected: Json, got: Json) -> bool:
    if not isinstance(expected, str) or not isinstance(got, str):
        return False
    try:
        return datetime.fromisoformat(expected) == datetime.fromisoformat(got)
    except (TypeError, ValueError):
        return False
