"""Makes a program smaller while it still shows what it shows, so that it can be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from tests.oracle.programs.model import Block, Compound, Line, Module, Node, Program

MOST_TRIES = 300

_NAMES = re.compile(r"^(from \S+ import )([\w, ]+)$")


def shrunk(program: Program, shows: Callable[[Program], bool], tries: int = MOST_TRIES) -> Program:
    """The smallest program found, by taking things away, of which ``shows`` is still true."""
    again = True
    while again and tries > 0:
        again = False
        # After a success go on from the same place: what was tried before it is tried again in the next round.
        place = 0
        while tries > 0 and (candidate := next(islice(smaller(program), place, None), None)) is not None:
            tries -= 1
            if shows(candidate):
                program, again = candidate, True
            else:
                place += 1
    return program


def smaller(program: Program) -> Iterator[Program]:
    """Programs with one thing less, the largest things first."""
    for index, module in enumerate(program.modules):
        others = (*program.modules[:index], *program.modules[index + 1 :])
        yield replace(program, modules=others)
        if module.body:
            yield _with(program, index, ())
    for index in range(len(program.texts)):
        yield replace(program, texts=(*program.texts[:index], *program.texts[index + 1 :]))
    for index, module in enumerate(program.modules):
        half = len(module.body) // 2
        if half > 1:
            yield _with(program, index, module.body[half:])
            yield _with(program, index, module.body[:half])
        for body in _bodies(module.body):
            yield _with(program, index, body)
    for index, (path, text) in enumerate(program.texts):
        lines = text.splitlines(keepends=True)
        for number in range(len(lines)):
            fewer = (path, "".join([*lines[:number], *lines[number + 1 :]]))
            yield replace(program, texts=(*program.texts[:index], fewer, *program.texts[index + 1 :]))


def _with(program: Program, index: int, body: tuple[Node, ...]) -> Program:
    module = Module(program.modules[index].path, body)
    return replace(program, modules=(*program.modules[:index], module, *program.modules[index + 1 :]))


def _bodies(body: tuple[Node, ...]) -> Iterator[tuple[Node, ...]]:
    for index, node in enumerate(body):
        for instead in ((), *_instead(node)):
            yield (*body[:index], *instead, *body[index + 1 :])


def _instead(node: Node) -> Iterator[tuple[Node, ...]]:
    """What may stand in a statement's place."""
    if isinstance(node, Line):
        names = _NAMES.match(node.text)
        listed = names[2].split(", ") if names is not None else []
        if names is not None and len(listed) > 1:
            for name in listed:
                yield (Line(names[1] + ", ".join(each for each in listed if each != name)),)
        return
    for block in node.blocks:
        if not block.header.startswith(("class", "def", "async", "@")):
            yield block.body
    for index, block in enumerate(node.blocks):
        if index and len(node.blocks) > (2 if node.blocks[0].header == "try:" else 1):
            yield (Compound((*node.blocks[:index], *node.blocks[index + 1 :])),)
        for body in _bodies(block.body):
            changed = Block(block.header, body)
            yield (Compound((*node.blocks[:index], changed, *node.blocks[index + 1 :])),)
