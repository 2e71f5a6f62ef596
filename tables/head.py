"""How far a partition is: the last record of every turn."""

from __future__ import annotations

from msgspec import Struct

# How the changelog's records are written; those of the format before are read as well. A worker that finds another leaves them alone.
FORMAT = 3
FORMATS_READ = (FORMAT - 1, FORMAT)


class Head(Struct, array_like=True, gc=False):
    """A turn that is done.

    `positions`: by source topic, the next offset to read. `clock_ms`: the partition's clock. `unpublished_from`: the first turn whose
    outputs were not acknowledged when this one was committed. `topic_ids`: which incarnation of each topic the positions and refs
    are of. `judged_ref`: the newest version of a program by which every member was judged; -1: none was changed yet.
    `rekeyed_through`: by topic/partition, the offset of the last document that was re-keyed from there to here.
    `format`: FORMAT when it was written. `seed`: 64 bits by which the keys of documents are digests, drawn once when the partition's state
    was first made; 0 in what was first made by a version that had none.
    `figured_turn`: the last turn that added to the figures; -1: none has.
    `offset`: where this record was to stand in the changelog; -1: it was not said. One that stands elsewhere tells that records before
    it were lost. `ran_ms`: runs of bulks that started until then are done with, of every member.
    `judged_set_ms`: the newest time at which a scheduled program came to hold for those who were there before, by which they were judged.
    `deleted`: how many members were.
    """

    turn: int
    positions: dict[str, int]
    clock_ms: int
    unpublished_from: int
    topic_ids: dict[str, str]
    judged_ref: int = -1
    rekeyed_through: dict[str, int] = {}
    format: int = 0
    seed: int = 0
    offset: int = -1
    figured_turn: int = -1
    ran_ms: int = 0
    judged_set_ms: int = -(2**62)
    deleted: int = 0
