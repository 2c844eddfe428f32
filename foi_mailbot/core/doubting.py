"""What may stand against sending a question to another body: each doubt, what an officer reads, and how grave it is."""

from __future__ import annotations

from enum import StrEnum


class Doubt(StrEnum):
    """A reason to ask a person; `{}` is what it is about: the words found, or what the question would go on about."""

    NO_BODY = "it also names what no body can be given for: {}"
    LIST = "it asks about all services alike"
    OWN_SIDE = "it has this council acting for itself"
    AWAY = "words that usually mean something else stand beside it"
    BESIDE = "words of this council's own services stand beside it"
    LED_BY = "words of this council's own services lead up to it"
    PLACE = "it is named as a place or an occasion only"
    PRODUCT = "it asks about a product or system this council may use as well"
    SINGLE = "a single likely word is too little"
    BARE = "a single likely word is all it has"
    OWN_ACTS = "it asks what this council itself does, pays or employs"
    NO_HEAD = "“{}” does not stand at the head of the question"
    CIRCUMSTANCE = "“{}” is only a circumstance of what the question is about"
    BOTH_TIERS = "words of both tiers stand in it"
    INTRODUCTION = "its introduction is not sure to be about another body's service"
    HEADING = "its heading has words of this council's own"
    OURS_AS_A_WHOLE = "the request as a whole is about this council's own matters"
    OURS_BELOW = "its sub-questions name this council's own matters"
    LISTED_ACROSS = "its list runs across both tiers"
    FOLLOWS_OWN_SIDE = "it may go on about {}, but has this council acting for itself"
    FOLLOWS_BESIDE = "it may go on about {}, but has words of this council's own services"
    DOCUMENTS = "it asks for documents, which this council may have of its own"
    OWN_BELOW = "its sub-questions name this council's own records"
    OTHER_SUBJECT = "it may have a subject of its own, apart from {}"
    CORPORATE = "it asks for what every council has of its own, and may not be about {}"
    TOO_LONG = "it names no service itself and is too long to be sure it is about {}"

    def told(self, about: str = "") -> str:
        """Return the sentence an officer reads."""
        return self.value.format(about)


LIGHT = frozenset({Doubt.NO_HEAD, Doubt.BARE})
"""Doubts about a question that names another body's service itself, which fall where all others are surely its."""

LENT = frozenset({Doubt.TOO_LONG, Doubt.CORPORATE})
"""Doubts about a question that names none, which fall where all others are about one and the same service."""
