"""Which of several hundred words are in a text, at the price of reading the text once.

Each word of four characters or more is entered under its first four; the text is cut into all its pieces of four. Only
a word whose four characters are in the text is then looked for, and each word that is shorter or not of ASCII.
"""

from collections.abc import Iterable
from itertools import chain

PIECE = 4
AT_ONCE = 1 << 16  # characters whose pieces are in memory at one time


class AnchorIndex:
    """`words`: for each place, the lower-case words one of which brings it up."""

    def __init__(self, words: Iterable[Iterable[str]]) -> None:
        self._places: dict[str, list[int]] = {}
        for place, each in enumerate(words):
            for word in each:
                self._places.setdefault(word, []).append(place)
        self._always = [word for word in self._places if len(word) < PIECE or not word.isascii()]
        self._by_piece: dict[int, list[str]] = {}
        for word in self._places.keys() - self._always:
            (piece,) = _pieces(word[:PIECE].encode("ascii"))
            self._by_piece.setdefault(piece, []).append(word)
        self._known = frozenset(self._by_piece)

    def places(self, lower: str) -> list[int]:
        """The places in order that a text in lower case brings up."""
        words = chain(self._always, *(self._by_piece[piece] for piece in self._pieces_in(lower)))
        return sorted({place for word in words if word in lower for place in self._places[word]})

    def _pieces_in(self, lower: str) -> set[int]:
        found: set[int] = set()
        for at in range(0, len(lower), AT_ONCE):
            # A character that is no single byte becomes `?`: it can bring up a word in vain, and hide none.
            data = lower[at : at + AT_ONCE + PIECE - 1].encode("latin-1", "replace")
            found |= self._known.intersection(_pieces(data))
        return found


def _pieces(data: bytes) -> set[int]:
    """Each four bytes that stand in a row, as one number."""
    found: set[int] = set()
    for start in range(PIECE):
        end = start + (len(data) - start) // PIECE * PIECE
        found.update(memoryview(data)[start:end].cast("I"))
    return found
