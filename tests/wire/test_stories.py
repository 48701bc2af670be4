"""Clients as they are published live through whole stories, and cannot tell the service from the documented one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.wire.clients import Boto3
from tests.wire.stories import BY_HAND, POLLED, STOPPABLE, Scene, Stage, watched

from haltspec_properties.clients import ReferenceService

CLIENTS = ("boto3", "aws-cli", "javascript")
OFTEN = ("comprehend-entities", "comprehend-document-classifier", "translate", "devicefarm", "rekognition")
"""What the AWS CLI, which is slow, lives through in the default run; it has its code from botocore as boto3 has."""


EACH_WITH_EACH = [
    pytest.param(
        client, name, id=f"{client}-{name}", marks=pytest.mark.slow if client == "aws-cli" and name not in OFTEN else ()
    )
    for client in CLIENTS
    for name in BY_HAND
]


class TestStories:
    """Each client, each API, each kind of job; the journal of each story is judged PASS."""

    @pytest.mark.parametrize(("client", "name"), EACH_WITH_EACH)
    def test_by_hand(self, by_hand: Stage, client: str, name: str) -> None:
        story, kind = BY_HAND[name]
        story(by_hand(client), kind)

    @pytest.mark.parametrize("client", CLIENTS)
    @pytest.mark.parametrize("story", POLLED, ids=lambda story: story.__name__)
    def test_in_its_own_time(self, in_time: Stage, client: str, story: Callable[[Scene], None]) -> None:
        story(in_time(client))

    def test_all_kinds_have_one(self) -> None:
        assert len(BY_HAND) == len(STOPPABLE) + 2 + 2 + 3 == 14

    @pytest.mark.parametrize("seen", [["IN_PROGRESS", "SUBMITTED", "COMPLETED"], ["SUBMITTED", "FAILED", "COMPLETED"]])
    def test_rejects_a_job_that_goes_another_way(self, seen: list[str]) -> None:
        """Backwards, or through a status that is not on its path."""
        shown = iter(seen)
        with pytest.raises(AssertionError):
            watched(lambda: next(shown), "SUBMITTED", "IN_PROGRESS", "", "COMPLETED")

    def test_a_status_may_be_missed(self) -> None:
        shown = iter(["SUBMITTED", "SUBMITTED", "COMPLETED"])
        assert watched(lambda: next(shown), "SUBMITTED", "IN_PROGRESS", "", "COMPLETED") == "COMPLETED"

    @pytest.mark.parametrize(("name", "reading"), [
        ("translate", {"translate/status in the reply of a stop": "STOPPED"}),
        ("comprehend-entities", {"comprehend/HTTP status of not found": "404"}),
        ("comprehend-topics", {"comprehend/order of a topics list": "like the others"}),
        ("devicefarm", {"devicefarm/status in the reply to a stop": "before"}),
        ("rekognition", {"rekognition/error for a malformed request": "InvalidParameterException"}),
    ])  # fmt: skip
    def test_rejects_a_service_that_does_otherwise(self, tmp_path: Path, name: str, reading: dict[str, str]) -> None:
        """A story notices what is not as it tells."""
        story, kind = BY_HAND[name]
        journal = tmp_path / "journal.ndjson"
        with (
            ReferenceService(readings=reading, options=["--journal", str(journal)]) as service,
            pytest.raises(AssertionError),
        ):
            story(Scene(Boto3(service), service, journal, "111122223333"), kind)
