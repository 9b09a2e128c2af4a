#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# test-catalogue.py CATALOGUE SCHEMA: the catalogue is what its schema says, its numbers agree with each other, and a
# catalogue with a mistake in it is found out.
import copy
import json
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
KNOWN = {"$schema", "title", "type", "required", "properties", "additionalProperties", "items", "enum", "const",
         "pattern", "minimum"}


def problems(value, schema, at="catalogue"):
    """The part of JSON Schema that the schema uses; a word it does not know is a problem of its own."""
    yield from (f"{at}: the schema says {word}, which is not understood" for word in schema.keys() - KNOWN)
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (kind in ("integer", "number") and isinstance(value, bool))):
        yield f"{at}: is no {kind}"
        return
    if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
        yield f"{at}: may not be {value!r}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: {value!r} does not match"
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{at}: is too small"
    if kind == "object":
        yield from (f"{at}: has no {name}" for name in schema.get("required", []) if name not in value)
        for name, item in value.items():
            if name in schema["properties"]:
                yield from problems(item, schema["properties"][name], f"{at}.{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{at}: {name} is not foreseen"
    if kind == "array":
        for i, item in enumerate(value):
            yield from problems(item, schema["items"], f"{at}[{i}]")


def disagreements(catalogue):
    ids = [m["id"] for m in catalogue["models"]]
    hashes = [f["sha256"] for m in catalogue["models"] for f in m["files"]]
    if len(set(ids)) < len(ids) or len(set(hashes)) < len(hashes):
        yield "an id or a hash stands twice"
    if sum(bool(m.get("recommended")) for m in catalogue["models"]) != 1 or sum(bool(m.get("starter")) for m in catalogue["models"]) != 1:
        yield "one model is recommended, and one is the starter"
    for model in catalogue["models"]:
        score = model.get("score")
        if score and (abs(score["sum"] / 37 - score["mean"]) > 6e-4 or abs(score["mean"] * 20 - score["percent"]) > 0.02):
            yield f"{model['id']}: the score does not add up"
        if model.get("context", 0) > model.get("context_most", 1 << 30):
            yield f"{model['id']}: the context is beyond the most"
        if not re.search("[가-힣]", model["note"]["ko"]):
            yield f"{model['id']}: the Korean note is not Korean"


catalogue, schema = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3])
found = list(problems(catalogue, schema)) + list(disagreements(catalogue))
mistakes = [
    lambda c: c.pop("version"), lambda c: c["models"][0].pop("repository"), lambda c: c["models"][0].update(licence=7),
    lambda c: c["models"][0]["name"].pop("ko"), lambda c: c["models"][0]["files"][0].update(sha256="0" * 63),
    lambda c: c["models"][0].update(speed=1), lambda c: c["models"][0].update(repository="../x"),
]
for i, mistake in enumerate(mistakes):
    broken = copy.deepcopy(catalogue)
    mistake(broken)
    if not list(problems(broken, schema)):
        found.append(f"mistake {i} is not found out")
print("\n".join(found))
sys.exit(bool(found))
