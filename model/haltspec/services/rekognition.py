"""What Amazon Rekognition Custom Labels answers beyond the state of a version: ARNs, results, units, names, lists.

Sources are those of `haltspec.apis.rekognition`; the rules that these replies must satisfy stand there. Datasets and
project policies are not kept: a project may always be trained, and versions of other accounts may be copied or not
as the reading of `policies of source projects` says.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, Final

from haltspec.apis.rekognition import home, parts
from haltspec.lts import ANY_ERROR, Call, Request, Transition
from haltspec.services import aws
from haltspec.services.base import Answer, Job, Told, World
from haltspec.spec import Binding

_LABELS: Final = "CUSTOM_LABELS"
_ADAPTERS: Final = "CONTENT_MODERATION"
_TRAINED: Final = ("TRAINING_COMPLETED", "ADAPTER_COMPLETED")
_TRAINING_ENDED: Final = (*_TRAINED, "TRAINING_FAILED", "ADAPTER_FAILED")
_COPYABLE: Final = (
    *("TRAINING_COMPLETED", "STARTING", "RUNNING", "STOPPING", "STOPPING_SEEN", "STOPPED", "FAILED"),
    "COPYING_COMPLETED",
)
_RESULTS: Final = ("EvaluationResult", "ManifestSummary", "BillableTrainingTimeInSeconds", "TrainingEndTimestamp")
_NOTED: Final = (
    *("CreationTimestamp", "TrainingEndTimestamp", "BillableTrainingTimeInSeconds", "EvaluationResult"),
    *("ManifestSummary", "MinInferenceUnits", "MaxInferenceUnits"),
)
_ECHOED: Final = ("OutputConfig", "KmsKeyId", "SourceProjectVersionArn", "VersionDescription", "FeatureConfig")
_MESSAGES: Final = {
    "TRAINING_IN_PROGRESS": "The model is being trained.",
    "TRAINING_COMPLETED": "The model is ready to run.",
    "TRAINING_FAILED": "The manifest file cannot be read.",
    "STARTING": "The model is starting.",
    "RUNNING": "The model is running.",
    "FAILED": "The model failed.",
    "STOPPING": "The model is stopping.",
    "STOPPED": "The model is stopped.",
    "DELETING": "The version is being deleted.",
    "COPYING_IN_PROGRESS": "The model is being copied.",
    "COPYING_COMPLETED": "The copy is ready to run.",
    "COPYING_FAILED": "The output bucket cannot be written.",
    "DEPRECATED": "The base model has been replaced.",
    "EXPIRED": "The base model is no longer there.",
}
_TEXTS: Final = {
    "ResourceInUseException": "Specified resource is in use.",
    "InvalidParameterException": "Request has invalid parameters.",
}
_PLACE: Final = {"S3Bucket": "custom-labels-results", "S3KeyPrefix": "out"}

_MANIFEST: Final = {"Assets": [{"GroundTruthManifest": {"S3Object": {"Bucket": "images", "Name": "train.manifest"}}}]}
_DATA: Final = {"TrainingData": _MANIFEST, "TestingData": {"AutoCreate": True}}


class Rekognition(aws.AwsService):
    """The reference service of Amazon Rekognition Custom Labels."""

    unmodelled: ClassVar[frozenset[str]] = frozenset(
        {
            "charge while starting and stopping",
            "failure of the service during training",
            "name of a deleted version",
            "permission to stop",
            "quotas",
        }
    )
    untaken: ClassVar[Mapping[str, str]] = {
        "version/another account's version is copied": "no copies from one account to another are explored",
    }
    bad_page_code: ClassVar[str] = "InvalidPaginationTokenException"
    unnamed_code: ClassVar[str] = "InvalidParameterException"
    fault_code: ClassVar[str] = "InternalServerError"
    throttle_codes: ClassVar[frozenset[str]] = frozenset({"ThrottlingException"})

    # ---- examples ---------------------------------------------------------------------------------------------------

    def prelude(self, tenant: str) -> tuple[tuple[str, dict[str, Any]], ...]:
        """Three projects: to train models in, to copy them to, to train adapters in."""
        adapters = {"ProjectName": "adapters", "Feature": _ADAPTERS, "AutoUpdate": "ENABLED"}
        named = tuple(("CreateProject", {"ProjectName": name}) for name in ("models", "copies"))
        return (*named, ("CreateProject", adapters))

    def variants(self, binding: Binding) -> int:
        """Projects and versions of models and of adapters; copies of one version or another to one place or another."""
        return 4 if binding.role == "Copy" else 2

    def example(self, binding: Binding, tenant: str, number: int, made: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """A small valid request that makes a project or a version; what is copied is one of the versions in `made`."""
        is_adapter = number % 2 == 1
        if binding.lifecycle == "project":
            feature = {"Feature": _ADAPTERS, "AutoUpdate": "ENABLED"} if is_adapter else {}
            return {"ProjectName": f"project-{number}", **feature}
        nowhere = _nowhere(tenant)
        projects = [str(reply["ProjectArn"]) for reply in made if "ProjectArn" in reply]
        own = [project for project in projects if _is_of(tenant, project)] or [nowhere]
        if binding.role == "Create":
            config = {"FeatureConfig": {"ContentModeration": {"ConfidenceThreshold": 50.0}}} if is_adapter else {}
            shelf = own[2 if is_adapter and len(own) > 2 else 0]
            return {"ProjectArn": shelf, "VersionName": f"version-{number}", "OutputConfig": _PLACE, **_DATA, **config}
        source = _source(made, tenant, number) or _version_arn(own[0], "none", "0")
        owner = next((project for project in projects if home(project) == home(source)), nowhere)
        destination = own[-1] if number % 4 > 1 or len(own) == 1 else own[1]
        return {**_copy_of(source, owner, destination), "VersionName": f"copy-{number}"}

    def order(self, binding: Binding, tenant: str, job_id: str) -> dict[str, Any]:
        """A small valid request on a version or project; the other parts of a copy are such as nobody has."""
        nowhere = _nowhere(tenant)
        if binding.role == "Start":
            return {"ProjectVersionArn": job_id, "MinInferenceUnits": 1}
        if binding.role == "AddVersion":
            return {"ProjectArn": job_id, "VersionName": "added", "OutputConfig": _PLACE, **_DATA}
        if binding.role == "CopyFrom":
            return {**_copy_of(job_id, nowhere, nowhere), "VersionName": "copied"}
        if binding.role == "ReceiveCopy":
            return {**_copy_of(_version_arn(nowhere, "none", "0"), nowhere, job_id), "VersionName": "copied"}
        return super().order(binding, tenant, job_id)

    def extras(self, binding: Binding) -> tuple[dict[str, Any], ...]:
        """A maximum of units below the minimum; what only adapters have, or lack; one sort of data without the other; a
        copy to an account or a region not the version's.
        """
        if binding.role == "Create":
            return ({}, {"AutoUpdate": None} if binding.lifecycle == "project" else {"TestingData": None})
        if binding.role == "Start":
            return ({}, {"MinInferenceUnits": 2, "MaxInferenceUnits": 1})
        if binding.role == "AddVersion":
            return ({}, {"FeatureConfig": {"ContentModeration": {"ConfidenceThreshold": 50.0}}})
        if binding.role == "ListVersions":
            return ({}, {"VersionNames": ["version-0"]})
        if binding.role == "CopyFrom":
            elsewhere = ("000000000000/eu-central-1", "000000000000/us-east-1")
            return ({}, *({"DestinationProjectArn": _nowhere(tenant)} for tenant in elsewhere))
        return super().extras(binding)

    def stories(self, tenant: str) -> tuple[tuple[tuple[str, dict[str, Any]], ...], ...]:
        """A version with a key and a description of its own."""
        told = {"KmsKeyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "VersionDescription": "the nightly model"}
        shelf = {"ProjectArn": Told("ProjectArn")}
        trained = {**shelf, "VersionName": "told", "OutputConfig": _PLACE, **_DATA, **told}
        project = ("CreateProject", {"ProjectName": "told"})
        return ((project, ("CreateProjectVersion", trained), ("DescribeProjectVersions", shelf)),)

    def probes(self, binding: Binding, created: Request) -> tuple[dict[str, Any], ...]:
        """The name of a version or project and one that nobody has; projects of one feature."""
        if binding.lifecycle == "project":
            names = str(created.get("ProjectName", "models")), "nobody"
            features = tuple({"Features": [feature]} for feature in (_LABELS, _ADAPTERS))
            return (*({"ProjectNames": [name]} for name in names), *features)
        names = str(created.get("VersionName", "version")), "nobody"
        return tuple({"VersionNames": [name]} for name in names)

    def listing(self, binding: Binding, tenant: str, parent: str, made: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Every version of a project, or every project of either feature."""
        if binding.lifecycle == "project":
            return {"Features": [_LABELS, _ADAPTERS]}
        return {"ProjectArn": parent or str(made[0].get("ProjectArn", "")) if made else parent}

    # ---- requests ---------------------------------------------------------------------------------------------------

    def choose(self, world: World, bindings: Sequence[Binding], request: Request, tenant: str) -> Binding:
        """The first one answers; the projects and versions that a call names besides are asked in `check`."""
        return bindings[0]

    def check(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        """What the projects and versions that a call names besides say of it, and what no shape or state can say."""
        if binding.operation == "CopyProjectVersion":
            refusal = self._bad_copy(world, request, tenant)
            if refusal is not None:
                return refusal
        for further in world.api.bound(binding.operation)[1:]:
            refusal = self._asked(world, further, request, tenant)
            if refusal is not None:
                return refusal
        if binding.operation == "CreateProject":
            return self._bad_project(world, request, tenant)
        if binding.operation == "CreateProjectVersion":
            return self._bad_training(world, request, tenant) or self._name_taken(world, request, tenant)
        if binding.operation == "CopyProjectVersion":
            return self._name_taken(world, request, tenant)
        return None

    def _asked(self, world: World, binding: Binding, request: Request, tenant: str) -> Answer | None:
        """The refusal of a further job that a call names."""
        row = world.ask(binding, request, tenant)
        label = row.label if row is not None else None
        if not isinstance(label, Call):
            return self.refuse(world, self.fault_code, f"no row answers {binding.role}")
        code = label.reply.error
        if code is None:
            return None
        if code == ANY_ERROR:
            is_there = world.find(tenant, request[binding.id_in]) is not None
            code = self.unnamed_code if is_there else "ResourceNotFoundException"
        assert row is not None
        return self.refuse(world, code, self.refusal_text(world, code, binding, request[binding.id_in], row))

    def _invalid(self, world: World, text: str) -> Answer:
        return self.refuse(world, "InvalidParameterException", text)

    def _bad_project(self, world: World, request: Request, tenant: str) -> Answer | None:
        if request.get("Feature") == _ADAPTERS and "AutoUpdate" not in request:
            return self._invalid(world, "AutoUpdate is needed for adapters.")
        taken = any(
            parts(job.key.id).get("project") == request["ProjectName"] for job in world.jobs_of(tenant, "project")
        )
        return self.refuse(world, "ResourceInUseException", "Project name already in use.") if taken else None

    def _bad_training(self, world: World, request: Request, tenant: str) -> Answer | None:
        data = [member for member in ("TrainingData", "TestingData") if member in request]
        if len(data) == 1:
            return self._invalid(world, "TrainingData and TestingData come together.")
        if "FeatureConfig" in request and _feature(world.find(tenant, request["ProjectArn"])) != _ADAPTERS:
            return self._invalid(world, "FeatureConfig is not of the project's feature.")
        code = world.readings["training without data"]
        if data or code == "accepted":
            return None
        return self.refuse(world, code, "The project has no datasets.")

    def _bad_copy(self, world: World, request: Request, tenant: str) -> Answer | None:
        source, destination = parts(request["SourceProjectVersionArn"]), parts(request["DestinationProjectArn"])
        if source["region"] != destination["region"]:
            return self._invalid(world, "A copy stays in its region.")
        if home(request["SourceProjectArn"]) != home(request["SourceProjectVersionArn"]):
            return self._invalid(world, "The version is not of the source project.")
        owner = f"{source['account']}/{source['region']}"
        if owner == tenant:
            return None if world.find(tenant, request["SourceProjectArn"]) else self._missing(world, "SourceProjectArn")
        if world.readings["policies of source projects"] == "none attached":
            return self.refuse(world, "AccessDeniedException", "No project policy permits the copy.")
        job = world.find(owner, request["SourceProjectVersionArn"])
        if job is None:
            return self._missing(world, "SourceProjectVersionArn")
        return None if job.state in _COPYABLE else self._invalid(world, "The source cannot be copied.")

    def _missing(self, world: World, member: str) -> Answer:
        return self.refuse(world, "ResourceNotFoundException", f"The resource named by {member} is not there.")

    def _name_taken(self, world: World, request: Request, tenant: str) -> Answer | None:
        project = request.get("DestinationProjectArn", request.get("ProjectArn"))
        versions = world.jobs_of(tenant, "version", parent=project)
        taken = any(parts(job.key.id).get("version") == request["VersionName"] for job in versions)
        return self.refuse(world, "ResourceInUseException", "Version name already in use.") if taken else None

    # ---- jobs -------------------------------------------------------------------------------------------------------

    def new_id(self, world: World, binding: Binding, request: Request, tenant: str, draw: str) -> str:
        """An ARN that ends in the time of creation in epoch milliseconds, later than that of a sister."""
        if binding.lifecycle == "project":
            stem = aws.arn("rekognition", tenant, f"project/{request['ProjectName']}")
            return f"{stem}/{_unused(world, tenant, stem)}"
        project = self.new_parent(world, binding, request, tenant, "")
        stem = _version_arn(project, request["VersionName"], "")[:-1]
        shelf = world.find(tenant, project)
        last = shelf.data.get("last", 0) if shelf is not None else 0
        digits = max(_unused(world, tenant, stem), last + 1)
        if shelf is not None:
            shelf.put(last=digits)
        return f"{stem}/{digits}"

    def new_parent(self, world: World, binding: Binding, request: Request, tenant: str, job_id: str) -> str:
        """The project of a version."""
        return str(request[binding.scope_in]) if binding.scope_in else ""

    def create(self, world: World, binding: Binding, job: Job, request: Request) -> None:
        """Keep the request and the time; of a copy, also what its source has to give."""
        job.put(request=request, CreationTimestamp=aws.milliseconds(world))
        if binding.role == "Copy":
            arn = request["SourceProjectVersionArn"]
            owner = parts(arn)
            source = world.find(f"{owner['account']}/{owner['region']}", arn)
            if source is not None:
                job.put(source=_results(world, source))
                if world.readings["creation time of a copy"] == "its source's":
                    job.put(CreationTimestamp=source.data["CreationTimestamp"])

    def moved(self, world: World, job: Job, row: Transition, before: str) -> None:
        """Note the results of training and copying, and the units of a run."""
        if job.key.lifecycle != "version":
            return
        if job.state in _TRAINING_ENDED and "TrainingEndTimestamp" not in job.data:
            job.put(TrainingEndTimestamp=aws.milliseconds(world))
            if job.state in _TRAINED:
                job.put(**_trained(job))
        elif job.state == "COPYING_COMPLETED":
            job.put(**job.data.get("source", {}))
        elif job.state == "STOPPED" and world.readings["inference units after a stop"] == "left out":
            job.put(MinInferenceUnits=None, MaxInferenceUnits=None)

    def accepted(self, world: World, binding: Binding, job: Job, request: Request) -> None:
        """Note the units of a run."""
        if binding.role == "Start" and job.state == "STARTING":
            job.put(MinInferenceUnits=request["MinInferenceUnits"], MaxInferenceUnits=request.get("MaxInferenceUnits"))

    def permits(self, world: World, job: Job, row: Transition) -> bool:
        """Of free rows, those that agree with the feature of the project and with what it holds."""
        label = row.label
        if not isinstance(label, Call):
            return True
        is_refusal = label.reply.error is not None
        if label.operation == "Create" and job.key.lifecycle == "version":
            return (row.target == "ADAPTER_TRAINING") == (_feature(world.find(job.key.tenant, job.parent)) == _ADAPTERS)
        if label.operation == "Delete" and job.key.lifecycle == "project":
            return is_refusal == any(True for _ in world.jobs_of(job.key.tenant, "version", parent=job.key.id))
        return not is_refusal

    def is_settled(self, world: World, job: Job) -> bool:
        """An adapter keeps its base model."""
        return job.state in ("ADAPTER_COMPLETED", "DEPRECATED") or super().is_settled(world, job)

    def abstract(self, world: World, job: Job) -> Hashable:
        """The feature of a project, the name of a version."""
        return _feature(job) if job.key.lifecycle == "project" else parts(job.key.id).get("version")

    # ---- replies ----------------------------------------------------------------------------------------------------

    def view(self, world: World, job: Job, binding: Binding, shown: Mapping[str, str]) -> dict[str, Any]:
        """A version or project as a list shows it, or what the other operations tell of it."""
        arn = {"ProjectArn" if job.key.lifecycle == "project" else "ProjectVersionArn": job.key.id}
        if binding.full:
            return {**arn, **(_project(job) if job.key.lifecycle == "project" else _version(job, shown)), **shown}
        return (
            arn if binding.role in ("Create", "Copy") else {name: shown[name] for name in ("Status",) if name in shown}
        )

    def error_body(self, code: str, text: str) -> dict[str, Any]:
        """The four members that the guide shows; equal errors have equal references."""
        reference = uuid.UUID(bytes=hashlib.blake2b(f"{code}: {text}".encode(), digest_size=16).digest(), version=4)
        return {"__type": code, "Code": code, "Logref": str(reference), "Message": text}

    def refusal_text(self, world: World, code: str, binding: Binding, job_id: str, row: Transition) -> str:
        """The message of a refusal."""
        return _TEXTS.get(code, f"The resource {job_id} cannot be found.")

    # ---- lists ------------------------------------------------------------------------------------------------------

    def selects(self, world: World, binding: Binding, request: Request, job: Job) -> bool:
        """By the names given, and projects by feature, Custom Labels if none is given."""
        found = parts(job.key.id)
        if binding.lifecycle == "version":
            names = request.get("VersionNames")
            return names is None or found.get("version") in names
        names = request.get("ProjectNames")
        is_named = names is None or found.get("project") in names
        return is_named and _feature(job) in (request.get("Features") or (_LABELS,))

    def is_newest_first(self, world: World, binding: Binding, request: Request) -> bool:
        """Versions newest first; for projects it is open."""
        return binding.lifecycle == "version" or world.readings["order of projects"] == "newest first"


def _feature(project: Job | None) -> str:
    """The feature of a project: Custom Labels if the request did not say."""
    return str(project.data["request"].get("Feature", _LABELS)) if project is not None else _LABELS


def _source(made: Sequence[Mapping[str, Any]], tenant: str, number: int) -> str | None:
    """A version to copy, now and then a stranger's; if the number is odd one that, for all one knows, can be copied."""
    versions = [view for view in made if "ProjectVersionArn" in view]
    own = [view for view in versions if _is_of(tenant, view["ProjectVersionArn"])]
    strange = [view for view in versions if view not in own]
    versions = strange if strange and number // 4 % 3 == 0 else own
    trained = [v for v in versions if v.get("Status") in _COPYABLE and v.get("Feature", _LABELS) == _LABELS]
    found = trained if trained and number % 2 else versions
    return str(found[number // 4 % len(found)]["ProjectVersionArn"]) if found else None


def _is_of(tenant: str, arn: Any) -> bool:
    """True if a project or version is the tenant's."""
    return "/".join(map(str, (parts(arn).get("account"), parts(arn).get("region")))) == tenant


def _nowhere(tenant: str) -> str:
    """The ARN of a project that nobody has."""
    return aws.arn("rekognition", tenant, "project/none/0")


def _version_arn(project: str, name: str, digits: str) -> str:
    """The ARN of a version of a project."""
    return f"{project.rpartition('/')[0]}/version/{name}/{digits}"


def _copy_of(version: str, source: str, destination: str) -> dict[str, Any]:
    """The members of a copy but for its name."""
    return {
        "SourceProjectArn": source,
        "SourceProjectVersionArn": version,
        "DestinationProjectArn": destination,
        "OutputConfig": _PLACE,
    }


def _unused(world: World, tenant: str, stem: str) -> int:
    """The time in epoch milliseconds, or the next number that makes an ARN nobody has."""
    digits = max(int(world.now * 1000), 0)
    while world.find(tenant, f"{stem}/{digits}") is not None:
        digits += 1
    return digits


def _trained(job: Job) -> dict[str, Any]:
    """The results of a training that succeeded."""
    place = job.data["request"]["OutputConfig"]
    bucket, prefix = place.get("S3Bucket", _PLACE["S3Bucket"]), place.get("S3KeyPrefix", "").rstrip("/")
    name = parts(job.key.id).get("version")

    def output(file: str) -> dict[str, Any]:
        return {"S3Object": {"Bucket": bucket, "Name": f"{prefix}/{name}/{file}".lstrip("/")}}

    return {
        "BillableTrainingTimeInSeconds": int(job.data["TrainingEndTimestamp"] - job.data["CreationTimestamp"]),
        "EvaluationResult": {"F1Score": 0.9, "Summary": output("evaluation.json")},
        "ManifestSummary": output("manifest-summary.json"),
    }


def _results(world: World, source: Job) -> dict[str, Any]:
    """The training results that a copy takes from its source."""
    left_out = {
        "TrainingEndTimestamp": world.readings["end of training of a copy"],
        "BillableTrainingTimeInSeconds": world.readings["billed training of a copy"],
    }
    return {
        member: source.data[member]
        for member in _RESULTS
        if member in source.data and left_out.get(member) != "left out"
    }


def _project(job: Job) -> dict[str, Any]:
    """The members of a described project besides its ARN and status."""
    request = job.data["request"]
    update = {"AutoUpdate": request["AutoUpdate"]} if "AutoUpdate" in request else {}
    return {"CreationTimestamp": job.data["CreationTimestamp"], "Feature": _feature(job), **update}


def _version(job: Job, shown: Mapping[str, str]) -> dict[str, Any]:
    """The members of a described version besides its ARN, status and feature."""
    request = job.data["request"]
    members = {name: request[name] for name in _ECHOED if name in request}
    members |= {name: job.data[name] for name in _NOTED if name in job.data}
    if "TrainingData" in request:
        members["TrainingDataResult"] = {"Input": request["TrainingData"]}
        members["TestingDataResult"] = {"Input": request["TestingData"]}
    return {**members, "StatusMessage": _MESSAGES[shown["Status"]]}


SERVICE: Final = Rekognition()
