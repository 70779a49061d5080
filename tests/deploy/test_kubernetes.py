"""The Kubernetes manifests: their schemas, and what no schema knows."""

import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from starlette.routing import Route

from inknet.service import Settings, create_app
from tests.deploy.local_lambda import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
MANIFESTS = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return document


@pytest.fixture
def pod() -> dict[str, Any]:
    template: dict[str, Any] = read("deployment")["spec"]["template"]
    return template


@pytest.fixture
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["spec"]["containers"]
    assert isinstance(only, dict)
    return only


@pytest.fixture
def environment(container: dict[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable.get("value", "") for variable in container["env"]}


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("version", ["1.30", kubernetes_validate.latest_version()])
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_schema(path: Path, version: str) -> None:
    kubernetes_validate.validate(read(path.stem), version, strict=True)


def test_schema_is_strict() -> None:
    deployment = read("deployment")
    deployment["spec"]["template"]["spec"]["runAsRoot"] = False
    with pytest.raises(kubernetes_validate.ValidationError, match="runAsRoot"):
        kubernetes_validate.validate(deployment, kubernetes_validate.latest_version(), strict=True)


def test_kustomization_lists_all_manifests() -> None:
    kustomization = read("kustomization")
    assert sorted(kustomization["resources"]) == [path.name for path in MANIFESTS]
    assert {read(path.stem)["kind"] for path in MANIFESTS} == {
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Namespace",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
    }
    (image,) = kustomization["images"]
    assert image["newTag"] != "latest"


def test_all_are_in_the_namespace() -> None:
    for path in MANIFESTS:
        manifest = read(path.stem)
        name = manifest["metadata"]["name"] if manifest["kind"] == "Namespace" else manifest["metadata"]["namespace"]
        assert name == "inknet", path.name


def test_selectors_select_the_pods(pod: dict[str, Any]) -> None:
    labels = pod["metadata"]["labels"].items()
    spread = [{"spec": {"selector": rule["labelSelector"]}} for rule in pod["spec"]["topologySpreadConstraints"]]
    assert spread
    for manifest in (read("deployment"), read("disruption-budget"), *spread):
        assert labels >= manifest["spec"]["selector"]["matchLabels"].items() != set()
    assert labels >= read("service")["spec"]["selector"].items() != set()
    assert labels >= read("network-policy")["spec"]["podSelector"]["matchLabels"].items() != set()


def test_references_between_manifests(container: dict[str, Any]) -> None:
    deployment, service, ingress = read("deployment"), read("service"), read("ingress")
    (port,) = service["spec"]["ports"]
    assert port["targetPort"] in {port["name"] for port in container["ports"]}
    (rule,) = ingress["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": service["metadata"]["name"], "port": {"name": port["name"]}}
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"]]
    target = read("autoscaler")["spec"]["scaleTargetRef"]
    assert target == {
        "apiVersion": deployment["apiVersion"],
        "kind": deployment["kind"],
        "name": deployment["metadata"]["name"],
    }
    assert "replicas" not in deployment["spec"], "the autoscaler and every `kubectl apply` would fight"


def test_port_is_the_dockerfiles(pod: dict[str, Any], container: dict[str, Any], dockerfile: str) -> None:
    exposed = re.search(r"^EXPOSE (\d+)$", dockerfile, re.MULTILINE)
    assert exposed is not None
    port = int(exposed[1])
    assert [found["containerPort"] for found in container["ports"]] == [port]
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == str(port)
    (rule,) = read("network-policy")["spec"]["ingress"]
    assert [found["port"] for found in rule["ports"]] == [port]


def test_user_is_the_dockerfiles(pod: dict[str, Any], dockerfile: str) -> None:
    context = pod["spec"]["securityContext"]
    assert f"USER {context['runAsUser']}:{context['runAsGroup']}\n" in dockerfile
    assert context["runAsUser"] > 0


def test_probes_use_existing_paths(container: dict[str, Any]) -> None:
    routes = [route for route in create_app(Settings()).routes if isinstance(route, Route)]
    gets = {route.path for route in routes if "GET" in (route.methods or ())}
    probes = {kind: container[f"{kind}Probe"] for kind in ("startup", "readiness", "liveness")}
    assert {probe["httpGet"]["path"] for probe in probes.values()} <= gets
    assert {probe["httpGet"]["port"] for probe in probes.values()} <= {port["name"] for port in container["ports"]}
    # A pod without its model gets no requests, but a restart would not bring the model.
    assert probes["readiness"]["httpGet"]["path"] == "/health/ready"
    assert probes["liveness"]["httpGet"]["path"] == "/health/live"


def test_pod_has_minimal_privileges(pod: dict[str, Any], container: dict[str, Any]) -> None:
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod["spec"])
    assert read("namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_only_tmp_is_writable(pod: dict[str, Any], container: dict[str, Any]) -> None:
    (volume,) = pod["spec"]["volumes"]
    assert container["volumeMounts"] == [{"name": volume["name"], "mountPath": "/tmp"}]  # noqa: S108 - a pod's own
    assert "sizeLimit" in volume["emptyDir"]


def test_requests_and_limits(container: dict[str, Any]) -> None:
    for kind in ("requests", "limits"):
        assert set(container["resources"][kind]) == {"cpu", "memory"}


def test_drain_fits_the_grace_period(
    pod: dict[str, Any], container: dict[str, Any], environment: dict[str, str]
) -> None:
    """Readiness fails, is noticed, and the process exits, all before the kill."""
    drain = float(environment["INKNET_DRAIN_TIMEOUT"])
    readiness = container["readinessProbe"]
    assert readiness["periodSeconds"] * readiness["failureThreshold"] < drain
    # The service ends within 10 seconds of SIGTERM.
    assert drain < 10 < pod["spec"]["terminationGracePeriodSeconds"]


def test_no_variables_of_a_service_called_inknet(pod: dict[str, Any]) -> None:
    """Kubernetes would set INKNET_PORT=tcp://…, which `Settings` would read."""
    assert read("service")["metadata"]["name"] == "inknet"
    assert pod["spec"]["enableServiceLinks"] is False


def test_allowed_hosts_include_the_service_and_prometheus(
    container: dict[str, Any], environment: dict[str, str]
) -> None:
    assert set(json.loads(environment["INKNET_ALLOWED_HOSTS"])) == {
        read("ingress")["spec"]["rules"][0]["host"],
        "$(POD_IP)",
    }
    # A variable can be named only after it has been defined.
    assert container["env"][0]["name"] == "POD_IP"


def test_network_policy_blocks_egress_and_allows_two_namespaces() -> None:
    policy = read("network-policy")["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    assert policy["egress"] == []
    (rule,) = policy["ingress"]
    assert all(set(peer) == {"namespaceSelector"} for peer in rule["from"])
    assert {peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in rule["from"]} == {
        "ingress-nginx",
        "monitoring",
    }


def test_metrics_are_not_public() -> None:
    public, metrics = read("ingress")["spec"], read("ingress-metrics")
    assert metrics["metadata"]["annotations"] == {"nginx.ingress.kubernetes.io/whitelist-source-range": "127.0.0.1/32"}
    (rule,) = metrics["spec"]["rules"]
    # The same name, and the one path, which an exact match takes away from the other.
    assert rule["host"] == public["rules"][0]["host"]
    assert [(path["path"], path["pathType"]) for path in rule["http"]["paths"]] == [("/metrics", "Exact")]
    assert metrics["spec"]["ingressClassName"] == public["ingressClassName"]


def test_one_slow_answer_takes_no_pod_away(container: dict[str, Any]) -> None:
    readiness = container["readinessProbe"]
    assert readiness["failureThreshold"] >= 3
    assert readiness["timeoutSeconds"] >= 2


def test_ingress_passes_the_largest_image_and_has_only_annotations_that_exist() -> None:
    annotations = read("ingress")["metadata"]["annotations"]
    size = annotations["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert int(size.removesuffix("m")) * 2**20 > Settings().max_image_bytes
    # A key of the controller's ConfigMap, and ignored here.
    assert not any(name.endswith("/limit-req-status-code") for name in annotations)


def test_gateway_replaces_the_ingresses() -> None:
    """The Gateway API is an extension, for which kubernetes-validate has no schema."""
    gateway, route = read("gateway/kustomization"), read("gateway/route")
    assert gateway["resources"] == ["..", "route.yaml"]
    patches = [yaml.safe_load(patch["patch"]) for patch in gateway["patches"]]
    deleted = {patch["metadata"]["name"] for patch in patches if isinstance(patch, dict)}
    assert deleted == {
        read(path.stem)["metadata"]["name"] for path in MANIFESTS if read(path.stem)["kind"] == "Ingress"
    }
    (change,) = (patch[0] for patch in patches if isinstance(patch, list))
    pointer = change["path"].replace("kubernetes.io~1metadata.name", "NAME").strip("/").split("/")
    found: Any = read("network-policy")
    for key in pointer:
        found = found[int(key) if isinstance(found, list) else key.replace("NAME", "kubernetes.io/metadata.name")]
    assert found == "ingress-nginx"
    assert change["value"] == route["spec"]["parentRefs"][0]["namespace"]
    assert route["spec"]["hostnames"] == [read("ingress")["spec"]["rules"][0]["host"]]
    metrics, everything = route["spec"]["rules"]
    assert metrics["matches"] == [{"path": {"type": "Exact", "value": "/metrics"}}]
    assert "backendRefs" not in metrics
    service = read("service")
    assert everything["backendRefs"] == [
        {"name": service["metadata"]["name"], "port": service["spec"]["ports"][0]["port"]}
    ]


def test_disruption_budget_keeps_a_pod() -> None:
    assert read("disruption-budget")["spec"]["maxUnavailable"] < read("autoscaler")["spec"]["minReplicas"]
