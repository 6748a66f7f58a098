"""deploy/kubernetes renders to resources that Kubernetes accepts, and that fit each other and BookMe."""

import copy
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from kubernetes_validate import ValidationError, validate
from typer.testing import CliRunner

from api.serving import SHUTDOWN_GRACE
from cli.main import app as command
from config.settings import Settings
from tests.deployment.kustomize import FOLDER, ROOT, Manifest, installed, rendered

pytestmark = [pytest.mark.ci, pytest.mark.xdist_group("kustomize"), pytest.mark.timeout(900)]

PARTS: Final = ("migrate", "services", "worker")
EXAMPLE: Final = ("example/migrate", "example/services", "example/worker-0.2.0")
NEWEST: Final = "1.37"
OLDEST: Final = "1.34"
"""Versions of Kubernetes whose schemas are checked. `preStop.sleep` is stable since the older one."""

OF_OPERATORS: Final = {"ServiceMonitor", "PodMonitor", "ScaledObject"}
"""Kinds of extensions of Kubernetes. `kubernetes-validate` has no schemas for them."""

Resources = dict[str, list[Manifest]]


@pytest.fixture(scope="session")
def kustomize(pytestconfig: pytest.Config) -> Path:
    return installed(pytestconfig.cache.mkdir("kustomize"))


@pytest.fixture(scope="session")
def resources(kustomize: Path) -> Resources:
    return {folder: rendered(kustomize, folder) for folder in (*PARTS, *EXAMPLE)}


@pytest.fixture(scope="session")
def example(resources: Resources) -> list[Manifest]:
    namespace = yaml.safe_load((FOLDER / "example/namespace.yaml").read_text())
    return [namespace, *(each for folder in EXAMPLE for each in resources[folder])]


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    return [each for each in manifests if each["kind"] in kinds]


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """The pod templates, by the name of their Deployment or Job."""
    for each in of_kind(manifests, "Deployment", "Job"):
        yield each["metadata"]["name"], each["spec"]["template"]


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    return all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items()) and all(
        labels.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", ())
    )


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_accepts_it(resources: Resources, example: list[Manifest], version: str) -> None:
    of_parts = [each for folder in PARTS for each in resources[folder]]
    built_in = [each for each in of_parts + example if each["kind"] not in OF_OPERATORS]
    assert len(built_in) > 25
    for each in built_in:
        assert validate(each, version, strict=True) == version


def test_a_wrong_field_would_be_found(resources: Resources) -> None:
    wrong, *_ = of_kind(copy.deepcopy(resources["services"]), "Deployment")
    wrong["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(ValidationError, match="readynessProbe"):
        validate(wrong, NEWEST, strict=True)


class TestPods:
    def test_they_have_no_rights(self, example: list[Manifest]) -> None:
        """As the Pod Security Standard `restricted` wants it, and more."""
        found = list(pods(example))
        assert len(found) == 5
        for name, pod in found:
            spec = pod["spec"]
            (container,) = spec["containers"]
            assert spec["automountServiceAccountToken"] is spec["enableServiceLinks"] is False, name
            assert spec["securityContext"]["runAsNonRoot"] is True, name
            assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["limits"]["memory"], name
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
            assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp"], name

    def test_they_are_the_user_of_the_image(self, example: list[Manifest]) -> None:
        user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
        assert user
        for name, pod in pods(example):
            context = pod["spec"]["securityContext"]
            assert (context["runAsUser"], context["runAsGroup"]) == (int(user[1]), int(user[2])), name

    def test_their_image_has_a_version(self, example: list[Manifest]) -> None:
        version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
        images = {container["image"] for _, pod in pods(example) for container in pod["spec"]["containers"]}
        assert images == {f"registry.example.com/bookme:{version}"}

    def test_their_commands_and_flags_exist(self, example: list[Manifest]) -> None:
        for _, pod in pods(example):
            name, *arguments = pod["spec"]["containers"][0]["args"]
            help_text = CliRunner().invoke(command, [name, "--help"], env={"COLUMNS": "200"}).output
            assert all(flag in help_text for flag in arguments if flag.startswith("--")), help_text

    def test_their_settings_exist(self, example: list[Manifest]) -> None:
        named = {variable["name"] for _, pod in pods(example) for variable in pod["spec"]["containers"][0]["env"]}
        for settings in of_kind(example, "ConfigMap"):
            named |= settings["data"].keys()
        ours = {name.removeprefix("BOOKME_").lower() for name in named if name.startswith("BOOKME_")}
        assert ours <= set(Settings.model_fields)
        Settings.model_validate({name.removeprefix("BOOKME_").lower(): value for name, value in constants(example)})

    def test_every_setting_reaches_all_of_them(self, example: list[Manifest]) -> None:
        settings = {each["metadata"]["name"] for each in of_kind(example, "ConfigMap")}
        for name, pod in pods(example):
            first, *secrets = pod["spec"]["containers"][0]["envFrom"]
            assert first["configMapRef"]["name"] in settings, name
            assert secrets == ([] if name == "bookme-codec" else [{"secretRef": {"name": "bookme"}}]), name

    def test_the_codec_server_gets_the_keys_alone(self, example: list[Manifest]) -> None:
        (codec,) = [pod for name, pod in pods(example) if name == "bookme-codec"]
        keys = {each["valueFrom"]["secretKeyRef"]["key"] for each in codec["spec"]["containers"][0]["env"]}
        assert keys == {"BOOKME_PAYLOAD_KEY", "BOOKME_PAYLOAD_KEYS_RETIRED"}

    def test_secrets_are_named_and_never_here(self, example: list[Manifest]) -> None:
        assert of_kind(example, "Secret") == []
        secret = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
        assert {"database_url", "payload_key"} <= secret
        written = {name.removeprefix("BOOKME_").lower() for name, _ in constants(example)}
        assert written & secret == set()

    def test_the_owner_of_the_tables_is_for_the_migration(self, example: list[Manifest]) -> None:
        knowing = [name for name, pod in pods(example) if "BOOKME_MIGRATION_DATABASE_URL" in json.dumps(pod)]
        assert knowing == ["bookme-migrate-0-2-0"]

    def test_ports_of_probes_exist(self, example: list[Manifest]) -> None:
        for each in of_kind(example, "Deployment"):
            (container,) = each["spec"]["template"]["spec"]["containers"]
            ports = {port["name"] for port in container["ports"]}
            probes = [container[f"{kind}Probe"] for kind in ("startup", "readiness", "liveness")]
            assert {probe["httpGet"]["port"] for probe in probes} <= ports
            listening = [value for name, value in constants([each]) if name.endswith("METRICS_ADDRESS")]
            metrics = [port["containerPort"] for port in container["ports"] if port["name"] == "metrics"]
            assert [int(address.rpartition(":")[2]) for address in listening] == metrics


def constants(manifests: list[Manifest]) -> Iterator[tuple[str, str]]:
    """The variables whose value is written down: in a ConfigMap or in a pod."""
    for each in of_kind(manifests, "ConfigMap"):
        yield from each["data"].items()
    for _, pod in pods(manifests):
        for variable in pod["spec"]["containers"][0]["env"]:
            if "value" in variable:
                yield variable["name"], variable["value"]


class TestTogether:
    def test_selectors_find_pods(self, example: list[Manifest]) -> None:
        labels = [pod["metadata"]["labels"] for _, pod in pods(example)]
        selectors = [each["spec"]["selector"] for each in of_kind(example, "Deployment", "PodDisruptionBudget")]
        selectors += [each["spec"]["podSelector"] for each in of_kind(example, "NetworkPolicy")]
        selectors += [{"matchLabels": each["spec"]["selector"]} for each in of_kind(example, "Service")]
        selectors += [each["spec"]["selector"] for each in of_kind(example, "PodMonitor")]
        assert len(selectors) >= 14
        for selector in selectors:
            assert any(selects(selector, each) for each in labels), selector

    def test_every_deployment_may_lose_one_pod_at_a_time(self, example: list[Manifest]) -> None:
        budgets = [each["spec"] for each in of_kind(example, "PodDisruptionBudget")]
        for each in of_kind(example, "Deployment"):
            labels = each["spec"]["template"]["metadata"]["labels"]
            (budget,) = [budget for budget in budgets if selects(budget["selector"], labels)]
            assert budget["maxUnavailable"] == 1
            assert each["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0

    def test_every_pod_has_a_network_policy(self, example: list[Manifest]) -> None:
        policies = of_kind(example, "NetworkPolicy")
        for name, pod in pods(example):
            found = [each for each in policies if selects(each["spec"]["podSelector"], pod["metadata"]["labels"])]
            assert found, name
            assert all(set(each["spec"]["policyTypes"]) == {"Ingress", "Egress"} for each in found), name

    def test_prometheus_finds_every_process_that_lasts(self, example: list[Manifest]) -> None:
        (of_services,) = of_kind(example, "ServiceMonitor")
        (of_pods,) = of_kind(example, "PodMonitor")
        (service,) = [each for each in of_kind(example, "Service") if each["metadata"]["name"] == "bookme-api"]
        assert selects(of_services["spec"]["selector"], service["metadata"]["labels"])
        assert of_services["spec"]["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}
        scraped = [service["spec"]["selector"], of_pods["spec"]["selector"]]
        for each in of_kind(example, "Deployment"):
            labels = each["spec"]["template"]["metadata"]["labels"]
            found = sum(selects(each if "matchLabels" in each else {"matchLabels": each}, labels) for each in scraped)
            # The codec server has no metrics. Its log has a line for each request.
            assert found == (labels["app.kubernetes.io/component"] != "codec"), labels

    def test_the_autoscalers_find_their_deployments(self, example: list[Manifest]) -> None:
        deployments = {each["metadata"]["name"]: each for each in of_kind(example, "Deployment")}
        scaled = of_kind(example, "HorizontalPodAutoscaler", "ScaledObject")
        assert len(scaled) == 2
        for each in scaled:
            assert "replicas" not in deployments[each["spec"]["scaleTargetRef"]["name"]]["spec"]

    def test_the_backlog_is_that_of_the_version(self, example: list[Manifest]) -> None:
        (scaled,) = of_kind(example, "ScaledObject")
        deployment = next(
            each
            for each in of_kind(example, "Deployment")
            if each["metadata"]["name"] == scaled["spec"]["scaleTargetRef"]["name"]
        )
        (trigger,) = scaled["spec"]["triggers"]
        build = deployment["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/version"]
        queue = Settings.model_fields["task_queue"].default
        assert trigger["metadata"]["taskQueue"] == trigger["metadata"]["workerDeploymentName"] == queue
        assert trigger["metadata"]["workerDeploymentBuildId"] == build

    def test_the_documented_commands_name_what_exists(self, example: list[Manifest]) -> None:
        text = (ROOT / "docs/operations/deployment.md").read_text().split("## Kubernetes")[1]
        folders = re.findall(r"--kustomize ([\w.-]+)", text)
        assert {f"example/{folder}" for folder in folders} == set(EXAMPLE)
        assert set(re.findall(r" job/([\w-]+)", text)) <= {each["metadata"]["name"] for each in of_kind(example, "Job")}
        for secret in re.findall(r"create secret generic ([\w-]+)", text):
            assert f'"name": "{secret}"' in json.dumps(list(pods(example)))

    def test_two_versions_of_workers_can_run_side_by_side(self, kustomize: Path, tmp_path: Path) -> None:
        (first,) = (name for name in EXAMPLE if "worker" in name)
        names, selectors = [], []
        for version in ("0.2.0", "0.3.0"):
            names.append(set[tuple[str, str]]())
            for each in rendered(kustomize, str(copied(first, tmp_path, version))):
                names[-1].add((each["kind"], each["metadata"]["name"]))
                if each["kind"] == "Deployment":
                    selectors.append(json.dumps(each["spec"]["selector"], sort_keys=True))
        assert names[0] & names[1] == set()
        assert len(selectors) == len(set(selectors)) == 4

    @pytest.mark.parametrize("name", ["bookme-api", "bookme-codec"])
    def test_a_stopping_pod_has_left_the_service_before_it_stops(self, example: list[Manifest], name: str) -> None:
        (found,) = [each for each in of_kind(example, "Deployment") if each["metadata"]["name"] == name]
        pod = found["spec"]["template"]["spec"]
        delay = Settings.model_validate({"shutdown_delay": dict(constants([found])).get("BOOKME_SHUTDOWN_DELAY", 0)})
        before = pod["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        waits = before + delay.shutdown_delay.total_seconds()
        assert waits == 10
        assert pod["terminationGracePeriodSeconds"] > waits + SHUTDOWN_GRACE


def copied(folder: str, directory: Path, version: str) -> Path:
    """Do as the folder's comment says: copy it, and change the version in its files."""
    target = directory / version
    (target / "deploy").mkdir(parents=True)
    for file in FOLDER.rglob("*"):
        if file.is_file():
            text = file.read_text()
            if file.parent == FOLDER / folder:
                text = text.replace("0.2.0", version).replace("0-2-0", version.replace(".", "-"))
            copy = target / file.relative_to(FOLDER)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text)
    return target / folder
