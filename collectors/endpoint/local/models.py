"""Models that lie on the machine, with their sizes: Ollama's by its manifests, Hugging Face's by its cache, and files
of weights in known folders.

https://github.com/ollama/ollama/blob/main/manifest/manifest.go,
https://huggingface.co/docs/huggingface_hub/guides/manage-cache"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from shadowledger.collectors.endpoint.local.formats import parsed
from shadowledger.collectors.endpoint.local.machine import Found, Machine, Spot

_REGISTRY = "registry.ollama.ai/library/"
_DEEP = 3


def models(machine: Machine) -> Iterator[Found]:
    """Every model once; where a place of models is empty, nothing."""
    places = machine.places["models"]
    for store in machine.spots(places["ollama"]):
        yield from _of_ollama(machine, store)
    for hub in machine.spots(places["hugging_face"]):
        yield from _of_hugging_face(machine, hub)
    endings = tuple(places["endings"])
    told: set[str] = set()
    for folder in machine.spots(places["files"]):
        for spot in _weights(machine, folder, endings, 0 if folder.shown == "~/Downloads" else _DEEP):
            if spot.path not in told:
                told.add(spot.path)
                yield Found("model_file", spot.shown[:512], spot.user, {"size_bytes": _size(spot.path)})


def _of_ollama(machine: Machine, store: Spot) -> Iterator[Found]:
    """A model by the place of its manifest; what its layers share with another model's counts for both."""
    for spot in _below(machine, machine.below(store, "manifests"), _DEEP + 1):
        manifest = parsed(machine, spot, 1 << 20)
        if not isinstance(manifest, dict) or "layers" not in manifest:
            continue
        name = spot.path[len(store.path) + len("/manifests/") :]
        model, _, tag = name.removeprefix(_REGISTRY).rpartition("/")
        layers = manifest["layers"] if isinstance(manifest["layers"], list) else []
        sizes = [part.get("size") for part in (*layers, manifest.get("config")) if isinstance(part, dict)]
        size = sum(one for one in sizes if isinstance(one, int) and 0 <= one < 1 << 50)
        shown = f"~/.ollama/models/manifests/{name}"[:512]
        yield Found("model_file", shown, store.user, {"name": f"{model}:{tag}"[:200], "size_bytes": size})


def _of_hugging_face(machine: Machine, hub: Spot) -> Iterator[Found]:
    for name in machine.listed(hub):
        if name.startswith("models--"):
            folder = machine.below(hub, name)
            blobs = machine.below(folder, "blobs")
            size = sum(_size(f"{blobs.path}/{blob}") for blob in machine.listed(blobs))
            named = name.removeprefix("models--").replace("--", "/", 1)[:200]
            yield Found("model_file", folder.shown[:512], hub.user, {"name": named, "size_bytes": size})


def _below(machine: Machine, folder: Spot, depth: int) -> Iterator[Spot]:
    """Plain files below a folder, no link followed."""
    for name in machine.listed(folder):
        spot = machine.below(folder, name)
        mode = _mode(spot.path)
        if stat.S_ISDIR(mode) and depth:
            yield from _below(machine, spot, depth - 1)
        elif stat.S_ISREG(mode):
            yield spot


def _weights(machine: Machine, folder: Spot, endings: tuple[str, ...], depth: int) -> Iterator[Spot]:
    for name in machine.listed(folder):
        spot = machine.below(folder, name)
        if name.lower().endswith(endings):
            yield spot
        elif depth and stat.S_ISDIR(_mode(spot.path)):
            yield from _weights(machine, spot, endings, depth - 1)


def _mode(path: str) -> int:
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0


def _size(path: str) -> int:
    try:
        facts = os.lstat(path)
    except OSError:
        return 0
    return facts.st_size if stat.S_ISREG(facts.st_mode) else 0
