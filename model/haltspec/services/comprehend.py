"""What Amazon Comprehend answers beyond the state of a job: ARNs, times, outputs, filters, refusals.

Sources are those of `haltspec.apis.comprehend`; the rules that these replies must satisfy stand there.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, Final

from haltspec.apis.comprehend import ARN_TYPE, OUTPUT_TAG, STEM
from haltspec.lts import Call, Request, Role, Transition
from haltspec.services import aws
from haltspec.services.base import Answer, Job, Told, World
from haltspec.spec import Binding

_ENDED: Final = ("COMPLETED", "FAILED", "STOPPED")
_TRAINED: Final = ("TRAINED", "TRAINED_WITH_WARNING")
_TRAINING_ENDED: Final = (*_TRAINED, "IN_ERROR", "STOPPED")
_NAME_IN: Final = {"document-classifier": "DocumentClassifierName", "entity-recognizer": "RecognizerName"}
_MODEL_IN: Final = {"entities": "EntityRecognizerArn", "document-classification": "DocumentClassifierArn"}
_ARCHIVED: Final = "output.tar.gz"
_INVERTED: Final = ("topics", "entity-recognizer")
_ACTIVE_LIMIT: Final = 10
_TAG_LIMIT: Final = 50
_URI_LIMIT: Final = 1024

_JOB_MEMBERS: Final = (
    *("JobName", "InputDataConfig", "DataAccessRoleArn", "LanguageCode", "VolumeKmsKeyId", "VpcConfig"),
    *("EntityRecognizerArn", "DocumentClassifierArn", "FlywheelArn", "NumberOfTopics", "TargetEventTypes"),
    *("Mode", "RedactionConfig"),
)
_EXTRA_MEMBERS: Final = {
    "entities": {"LanguageCode", "EntityRecognizerArn", "FlywheelArn", "VolumeKmsKeyId", "VpcConfig"},
    "dominant-language": {"VolumeKmsKeyId", "VpcConfig"},
    "key-phrases": {"LanguageCode", "VolumeKmsKeyId", "VpcConfig"},
    "sentiment": {"LanguageCode", "VolumeKmsKeyId", "VpcConfig"},
    "targeted-sentiment": {"LanguageCode", "VolumeKmsKeyId", "VpcConfig"},
    "pii": {"LanguageCode", "Mode", "RedactionConfig"},
    "events": {"LanguageCode", "TargetEventTypes"},
    "topics": {"NumberOfTopics", "VolumeKmsKeyId", "VpcConfig"},
    "document-classification": {"DocumentClassifierArn", "FlywheelArn", "VolumeKmsKeyId", "VpcConfig"},
}
_COMMON_MEMBERS: Final = {"JobName", "InputDataConfig", "DataAccessRoleArn"}
_ECHOED: Final = {
    kind: tuple(member for member in _JOB_MEMBERS if member in extra | _COMMON_MEMBERS)
    for kind, extra in _EXTRA_MEMBERS.items()
}
_MODEL_COMMON: Final = (
    *("LanguageCode", "InputDataConfig", "DataAccessRoleArn", "VolumeKmsKeyId", "VpcConfig"),
    *("ModelKmsKeyId", "VersionName"),
)
_MODEL_ECHOED: Final = {
    "document-classifier": (*_MODEL_COMMON, "OutputDataConfig", "Mode"),
    "entity-recognizer": _MODEL_COMMON,
}
_MODEL_TIMES: Final = ("SubmitTime", "TrainingStartTime", "TrainingEndTime", "EndTime", "Message")
_BRIEF: Final = ("EntityRecognizerArn", "DocumentClassifierArn")
_NO_INPUT: Final = "NO_READ_ACCESS_TO_INPUT: The given role cannot read the input."
_NOT_FOUND: Final = "RESOURCE_NOT_FOUND: Could not find specified resource."
_TOO_SMALL: Final = "DOCUMENT_CORPUS_SIZE_LESS_THAN_MINIMUM: The input is smaller than allowed."


class Comprehend(aws.FilteredLists):
    """The reference service of Amazon Comprehend."""

    unmodelled: ClassVar[frozenset[str]] = frozenset({"partial output of a stopped job", "retention"})
    untaken: ClassVar[Mapping[str, str]] = {
        "training/a model in use is not deleted, warning or not": "no jobs are explored together with models",
    }
    not_found_codes: ClassVar[frozenset[str]] = frozenset(
        {"JobNotFoundException", "ResourceNotFoundException", "ResourceUnavailableException"}
    )
    before_in: ClassVar[str] = "SubmitTimeBefore"
    after_in: ClassVar[str] = "SubmitTimeAfter"
    submitted_in: ClassVar[str] = "SubmitTime"
    status_in: ClassVar[tuple[str, ...]] = ("JobStatus", "Status")

    def example(self, binding: Binding, tenant: str, number: int, made: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A small valid request that starts a job or creates a model; every third says more, its name with it, and one
        or the other takes a trained model that is known.
        """
        account = tenant.partition("/")[0]
        if binding.lifecycle == "training":
            version = {"VersionName": "first"} if number % 3 == 2 else {}
            return {**self._model(binding.kind, f"model-{number}", account), **version}
        role = {"DataAccessRoleArn": f"arn:aws:iam::{account}:role/analyst"}
        request: dict[str, Any] = {"InputDataConfig": {"S3Uri": f"s3://inbox-{account}/documents"}, **role}
        request |= {"OutputDataConfig": {"S3Uri": f"s3://outbox-{account}/results"}}
        says_more = number % 3 == 2
        if says_more:
            request["InputDataConfig"]["InputFormat"] = "ONE_DOC_PER_LINE"
            request["JobName"] = f"job-{number}"
        offsets = {"LanguageCode": "en", "Mode": "ONLY_OFFSETS"}
        redacted = {"PiiEntityTypes": ["NAME"], "MaskMode": "REPLACE_WITH_PII_ENTITY_TYPE"}
        own: dict[str, dict[str, Any]] = {
            "dominant-language": {},
            "topics": {"NumberOfTopics": 7} if says_more else {},
            "document-classification": {},
            "pii": {**offsets, "Mode": "ONLY_REDACTION", "RedactionConfig": redacted} if says_more else offsets,
            "events": {"LanguageCode": "en", "TargetEventTypes": ["IPO"] if says_more else ["BANKRUPTCY"]},
            "targeted-sentiment": {"LanguageCode": "en"},
        }
        language = {"LanguageCode": "es" if says_more else "en"}
        return {**request, **own.get(binding.kind, language), **_trained(binding, tenant, number, made)}

    def variants(self, binding: Binding) -> int:
        """A third of the models has a version."""
        return 3 if binding.lifecycle == "training" else super().variants(binding)

    @staticmethod
    def _model(kind: str, name: str, account: str) -> dict[str, Any]:
        """A small valid request that creates a model."""
        role = {"DataAccessRoleArn": f"arn:aws:iam::{account}:role/analyst"}
        data = {"S3Uri": f"s3://inbox-{account}/training"}
        request = {_NAME_IN[kind]: name, "LanguageCode": "en", **role}
        if kind == "document-classifier":
            return {**request, "InputDataConfig": data}
        types = {"EntityTypes": [{"Type": "PART"}], "Documents": data, "EntityList": data}
        return {**request, "InputDataConfig": types}

    def extras(self, binding: Binding) -> tuple[dict[str, Any], ...]:
        """A name for a job that is started."""
        return (
            ({}, {"JobName": "nightly"}, {"JobName": "night"}) if binding.role == "Start" else super().extras(binding)
        )

    def stories(self, tenant: str) -> tuple[tuple[tuple[str, dict[str, Any]], ...], ...]:
        """More jobs than a page has, too many tags, redaction of nothing, and models that are not there.

        Also a model that may not be trained when a job is started with it, and may not be deleted then; and members
        that name what need not be there: flywheels, keys, networks.
        """
        account, _, region = tenant.partition("/")
        request: dict[str, Any] = {
            "InputDataConfig": {"S3Uri": f"s3://inbox-{account}/documents"},
            "OutputDataConfig": {"S3Uri": f"s3://outbox-{account}/results"},
            "DataAccessRoleArn": f"arn:aws:iam::{account}:role/analyst",
        }
        english = {**request, "LanguageCode": "en"}
        tags = [{"Key": f"key-{number}", "Value": "value"} for number in range(_TAG_LIMIT + 1)]
        many = [("StartDominantLanguageDetectionJob", request)] * (self.page + 1)
        kinds = (
            ("DocumentClassifier", "document-classifier", "StartDocumentClassificationJob", request),
            ("EntityRecognizer", "entity-recognizer", "StartEntitiesDetectionJob", english),
        )
        missing, used = [], []
        for stem, kind, start, given in kinds:
            named = {f"{stem}Arn": f"arn:{aws.partition_of(region)}:comprehend:{region}:{account}:{kind}/nowhere"}
            missing.append(((f"Describe{stem}", named), (start, {**given, **named})))
            own, job = {f"{stem}Arn": Told(f"{stem}Arn")}, start.removeprefix("Start")
            used.append(
                (
                    (f"Create{stem}", self._model(kind, f"{kind}-in-use", account)),
                    (start, {**given, **own}),
                    (f"Describe{stem}", own),
                    (f"Delete{stem}", own),
                    (f"Describe{job}", {"JobId": Told("JobId")}),
                )
            )
        wheel = {"FlywheelArn": f"arn:{aws.partition_of(region)}:comprehend:{region}:{account}:flywheel/wheel"}
        key = "1234abcd-12ab-34cd-56ef-1234567890ab"
        network = {"SecurityGroupIds": ["sg-0123456789"], "Subnets": ["subnet-0123456789"]}
        guarded = {"VolumeKmsKeyId": key, "VpcConfig": network}
        sealed = {**request, **guarded, "OutputDataConfig": {**request["OutputDataConfig"], "KmsKeyId": key}}
        spoken = ("Entities", "KeyPhrases", "Sentiment", "TargetedSentiment")
        sealed_jobs = {f"{job}DetectionJob": sealed for job in ("DominantLanguage", "Topics")}
        sealed_jobs |= {f"{job}DetectionJob": {**sealed, "LanguageCode": "en"} for job in spoken}
        classifier = {**self._model("document-classifier", "guarded", account), **guarded, "ModelKmsKeyId": key}
        return (
            *(
                ((f"Start{job}", given), (f"Describe{job}", {"JobId": Told("JobId")}), (f"List{job}s", {}))
                for job, given in sealed_jobs.items()
            ),
            (("StartEntitiesDetectionJob", {**english, **wheel}), ("ListEntitiesDetectionJobs", {})),
            (("StartDocumentClassificationJob", {**request, **wheel}), ("ListDocumentClassificationJobs", {})),
            (("CreateDocumentClassifier", {**classifier, "Mode": "MULTI_CLASS"}), ("ListDocumentClassifiers", {})),
            (*many, ("ListDominantLanguageDetectionJobs", {})),
            (("StartEntitiesDetectionJob", {**english, "Tags": tags}),),
            (("StartPiiEntitiesDetectionJob", {**english, "Mode": "ONLY_REDACTION"}),),
            *missing,
            *used,
        )

    def probes(self, binding: Binding, created: Request) -> tuple[dict[str, Any], ...]:
        """Each filter alone, two at once, and none in an empty filter."""
        is_model = binding.lifecycle == "training"
        status = "Status" if is_model else "JobStatus"
        named = _NAME_IN[binding.kind] if is_model else "JobName"
        filters: tuple[dict[str, Any], ...] = (
            {status: "SUBMITTED"},
            {status: "STOPPED"},
            {named: created.get(named, "somebody")},
            {"SubmitTimeBefore": 4_000_000_000},
            {"SubmitTimeAfter": 4_000_000_000},
            {"SubmitTimeAfter": 1_000_000_000},
            {status: "SUBMITTED", named: "somebody"},
            {},
        )
        return tuple({"Filter": given} for given in filters)

    # ---- requests --------------------------------------------------------------------------------------------------

    def check(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        """Filters, tags, models and combinations of members that the shapes cannot express."""
        role = world.api.role(binding).role
        if role is Role.LIST:
            return self.bad_filter(world, binding, request)
        if role is not Role.CREATE:
            return None
        return (
            self._bad_tags(world, request)
            or self._bad_members(world, binding, request, tenant)
            or self._bad_model(world, binding, request, tenant)
            or self._name_in_use(world, binding, request, tenant)
            or self._too_many(world, binding, tenant)
        )

    def _bad_tags(self, world: World, request: Request) -> Answer | None:
        tags = request.get("Tags") or ()
        if len(tags) > _TAG_LIMIT:
            return self.refuse(world, "TooManyTagsException", f"A resource has at most {_TAG_LIMIT} tags.")
        key_limit, value_limit = map(int, world.readings["bounds of tags"].split(" and "))
        if any(len(tag["Key"]) > key_limit or len(tag.get("Value") or "") > value_limit for tag in tags):
            return self.invalid(world, f"Keys of tags have at most {key_limit} characters, values {value_limit}.")
        return None

    def _bad_members(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        if binding.kind in STEM and len(_output_uri(world, binding.kind, "0" * 32, request, tenant)) > _URI_LIMIT:
            return self.invalid(world, "OutputDataConfig.S3Uri leaves no room for the name of the output.")
        if binding.kind == "pii":
            if request["LanguageCode"] not in world.readings["languages of a PII job"].split(", "):
                return self.invalid(world, f"The language {request['LanguageCode']} is not supported.")
            redaction = request.get("RedactionConfig") or {}
            if request["Mode"] == "ONLY_REDACTION" and not redaction.get("PiiEntityTypes"):
                return self.invalid(world, "RedactionConfig with PiiEntityTypes is needed for ONLY_REDACTION.")
        return None

    def _bad_model(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        member = _MODEL_IN.get(binding.kind)
        if member is None:
            return None
        arn = request.get(member)
        if (arn is None) == (request.get("FlywheelArn") is None):
            is_wrong = arn is not None or binding.kind == "document-classification"
            code = world.readings["model missing"]
            if is_wrong and code != "accepted":
                return self.refuse(world, code, f"Give {member} or FlywheelArn, and not both.")
        if arn is None:
            return None
        model = world.find(tenant, arn)
        if model is None:
            return self.refuse(world, "ResourceNotFoundException", _NOT_FOUND)
        if model.state not in _TRAINED:
            return self.refuse(world, "ResourceUnavailableException", f"The model {arn} is not trained.")
        return None

    def _name_in_use(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        code, name = world.readings["job name in use"], request.get("JobName")
        if code == "yes" or name is None or binding.kind not in STEM:
            return None
        jobs = world.jobs_of(tenant, binding.lifecycle, binding.kind)
        taken = any(job.data["request"].get("JobName") == name for job in jobs)
        return self.refuse(world, code, f"A job is called {name} already.") if taken else None

    def _too_many(self, world: World, binding: Binding, tenant: str) -> Answer | None:
        code = world.readings["too many jobs"]
        if code == "queued" or binding.kind not in STEM:
            return None
        done = (*_ENDED, "STOP_REQUESTED") if world.readings["slot of a stopping job"] == "no" else _ENDED
        active = sum(job.state not in done for job in world.jobs_of(tenant, binding.lifecycle, binding.kind))
        if active < _ACTIVE_LIMIT:
            return None
        return self.refuse(world, code, f"At most {_ACTIVE_LIMIT} jobs of a kind are active at once.")

    # ---- jobs ------------------------------------------------------------------------------------------------------

    def new_id(self, world: World, binding: Binding, request: Request, tenant: str, draw: str) -> str:
        """32 hexadecimal digits for a job, the ARN made of name and version for a model."""
        name_in = _NAME_IN.get(binding.kind)
        if name_in is None:
            return draw[:32]
        version = request.get("VersionName")
        name = f"{request[name_in]}/version/{version}" if version is not None else request[name_in]
        return _arn(tenant, binding.kind, name)

    def create(self, world: World, binding: Binding, job: Job, request: Request) -> None:
        """Keep the request and the time."""
        job.put(request=request, SubmitTime=aws.milliseconds(world))

    def moved(self, world: World, job: Job, row: Transition, before: str) -> None:
        """Note when a job ended, and why it failed."""
        if job.key.kind in STEM:
            if job.state in _ENDED:
                job.put(EndTime=aws.milliseconds(world))
            if job.state == "FAILED":
                job.put(Message=_NO_INPUT if before == "SUBMITTED" else _TOO_SMALL)
        elif job.state == "TRAINING":
            job.put(began=aws.milliseconds(world))
        elif job.state in _TRAINING_ENDED:
            job.put(TrainingEndTime=aws.milliseconds(world), EndTime=aws.milliseconds(world))
            if job.state in _TRAINED:
                job.put(TrainingStartTime=job.data.get("began", aws.milliseconds(world)))
            if job.state == "IN_ERROR":
                job.put(Message=_NO_INPUT)

    def refusal_text(self, world: World, code: str, binding: Binding, job_id: str, row: Transition) -> str:
        """The message of a refusal: a code in capitals, then a sentence, where one was seen."""
        if code == "ResourceNotFoundException":
            return _NOT_FOUND
        return super().refusal_text(world, code, binding, job_id, row)

    def permits(self, world: World, job: Job, row: Transition) -> bool:
        """A deletion is refused because a model is in use if and only if an active job uses it."""
        label = row.label
        if not isinstance(label, Call) or label.operation != "Delete" or job.state not in _TRAINED:
            return True
        return (label.reply.error == "ResourceInUseException") == _is_in_use(world, job)

    def abstract(self, world: World, job: Job) -> Hashable:
        """The model a job uses: it keeps the model from being deleted."""
        model: str | None = job.data["request"].get(_MODEL_IN.get(job.key.kind, ""))
        return model

    # ---- replies ---------------------------------------------------------------------------------------------------

    def view(self, world: World, job: Job, binding: Binding, shown: Mapping[str, str]) -> dict[str, Any]:
        """A job or model as Describe and List show it, or what Start, Stop and Create tell of it."""
        data, key = job.data, job.key
        if key.kind in _NAME_IN:
            arn = {_id_member(key.kind): key.id}
            return {**arn, **shown, **_model(job)} if binding.full else arn
        head: dict[str, Any] = {"JobId": key.id, **shown}
        if binding.role == "Stop":
            return head
        head["JobArn"] = _arn(key.tenant, ARN_TYPE[key.kind], key.id)
        request = data["request"]
        if not binding.full:
            return head | {member: request[member] for member in _BRIEF if member in request}
        head |= {member: request[member] for member in _ECHOED[key.kind] if member in request}
        head |= {member: data[member] for member in ("SubmitTime", "EndTime", "Message") if member in data}
        uri = _output_uri(world, key.kind, key.id, request, key.tenant)
        head["OutputDataConfig"] = {**request["OutputDataConfig"], "S3Uri": uri}
        return head

    # ---- lists ----------------------------------------------------------------------------------------------------

    def filters(self, binding: Binding, request: Request) -> dict[str, Any]:
        """Models show a Status, jobs a JobStatus."""
        other = "JobStatus" if binding.kind in _NAME_IN else "Status"
        return {name: value for name, value in super().filters(binding, request).items() if name != other}

    def names_in(self, binding: Binding) -> tuple[str, ...]:
        """A model is named by a member of its own."""
        return (_NAME_IN.get(binding.kind, "JobName"),)

    def is_newest_first(self, world: World, binding: Binding, request: Request) -> bool:
        """By the time filter where one is given; two kinds are documented the other way round."""
        newest_first = super().is_newest_first(world, binding, request)
        is_timed = not {self.before_in, self.after_in}.isdisjoint(self.filters(binding, request))
        if is_timed and binding.kind in _INVERTED:
            return newest_first != (world.readings["order of a topics list"] == "as documented")
        return newest_first


def _arn(tenant: str, resource: str, name: str) -> str:
    return aws.arn("comprehend", tenant, f"{resource}/{name}")


def _output_uri(world: World, kind: str, job_id: str, request: Request, tenant: str) -> str:
    """Where the output of a job is."""
    given: str = request["OutputDataConfig"]["S3Uri"]
    account = tenant.partition("/")[0]
    is_plain = kind == "events" or (kind == "pii" and world.readings["output of a PII job"] == "plain files")
    return aws.below(given, f"{account}-{OUTPUT_TAG[kind]}-{job_id}/output/{'' if is_plain else _ARCHIVED}")


def _id_member(kind: str) -> str:
    return "DocumentClassifierArn" if kind == "document-classifier" else "EntityRecognizerArn"


def _model(job: Job) -> dict[str, Any]:
    """The members of a described model besides its ARN and status."""
    request = job.data["request"]
    echoed = {name: request[name] for name in _MODEL_ECHOED[job.key.kind] if name in request}
    return echoed | {name: job.data[name] for name in _MODEL_TIMES if name in job.data}


def _is_in_use(world: World, model: Job) -> bool:
    """True if an active job uses the model."""
    lifecycle, kind = ("job", "entities")
    if model.key.kind == "document-classifier":
        lifecycle, kind = ("unstoppable", "document-classification")
    member = _MODEL_IN[kind]
    return any(
        job.state not in _ENDED and job.data["request"].get(member) == model.key.id
        for job in world.jobs_of(model.key.tenant, lifecycle, kind)
    )


def _trained(binding: Binding, tenant: str, number: int, made: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """For every other job the member that names a trained model of the tenant's; none if none is known."""
    member, account, region = _MODEL_IN.get(binding.kind), *tenant.split("/")
    if member is None or number % 2:
        return {}
    known = (str(view.get(member)) for view in made if view.get("Status") in _TRAINED and member in view)
    own = [arn for arn in known if f":{region}:{account}:" in arn]
    return {member: own[number // 2 % len(own)]} if own else {}


SERVICE: Final = Comprehend()
