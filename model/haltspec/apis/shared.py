"""What several API files have in common: questions about data, and the errors every AWS JSON service may answer."""

from __future__ import annotations

from haltspec.lts import OpenQuestion, Reading, Source, assumed
from haltspec.spec import ErrorSpec, Nature


def data_question(name: str, asks: str, default: str, others: tuple[str, ...], evidence: str) -> OpenQuestion:
    """An open question about data, tokens or lists: its readings are named by what they say."""
    return OpenQuestion(
        name, asks, tuple(Reading(reading, reading) for reading in (default, *others)), default, evidence
    )


def aws_common_errors(listed: Source, seen: Source) -> tuple[ErrorSpec, ...]:
    """The undeclared errors of the AWS JSON protocol.

    Args:
        listed: the vendor's page of errors common to all actions.
        seen: who saw `ValidationException` answer a request that breaks its shape.
    """
    usual = "usual answer of this protocol to"
    return (
        ErrorSpec("ValidationException", (400,), (Nature.INVALID,), seen),
        ErrorSpec("SerializationException", (400,), (Nature.INVALID,), assumed(f"{usual} a body that is no JSON or has members of other types")),
        ErrorSpec("UnknownOperationException", (400,), (Nature.INVALID,), assumed(f"{usual} an unknown target")),
        ErrorSpec("ThrottlingException", (400,), (Nature.THROTTLE,), listed),
        ErrorSpec("AccessDeniedException", (400,), (Nature.ACCESS,), listed),
        ErrorSpec("NotAuthorized", (400,), (Nature.ACCESS,), listed),
        ErrorSpec("IncompleteSignature", (400,), (Nature.ACCESS,), listed, aliases=("IncompleteSignatureException",)),
        ErrorSpec("InvalidClientTokenId", (403,), (Nature.ACCESS,), listed),
        ErrorSpec(
            "MissingAuthenticationToken",
            (403,),
            (Nature.ACCESS,),
            listed,
            aliases=("MissingAuthenticationTokenException",),
        ),
        ErrorSpec("OptInRequired", (403,), (Nature.ACCESS,), listed),
        ErrorSpec("RequestExpired", (400,), (Nature.ACCESS,), listed),
        ErrorSpec("UnrecognizedClientException", (400,), (Nature.ACCESS,), assumed(f"{usual} unknown credentials")),
        ErrorSpec("ExpiredTokenException", (400, 403), (Nature.ACCESS,), assumed(f"{usual} credentials out of date")),
        ErrorSpec("InvalidSignatureException", (400,), (Nature.ACCESS,), assumed(f"{usual} a wrong signature")),
        ErrorSpec("ServiceUnavailable", (503,), (Nature.FAULT,), listed),
        ErrorSpec("InternalFailure", (500,), (Nature.FAULT,), listed),
        ErrorSpec("InvalidAction", (400,), (Nature.INVALID,), listed),
        ErrorSpec("InvalidParameterCombination", (400,), (Nature.INVALID,), listed),
        ErrorSpec("InvalidParameterValue", (400,), (Nature.INVALID,), listed),
        ErrorSpec("InvalidQueryParameter", (400,), (Nature.INVALID,), listed),
        ErrorSpec("MalformedQueryString", (404,), (Nature.INVALID,), listed),
        ErrorSpec("MissingAction", (400,), (Nature.INVALID,), listed),
        ErrorSpec("MissingParameter", (400,), (Nature.INVALID,), listed),
        ErrorSpec("ValidationError", (400,), (Nature.INVALID,), listed),
    )
