"""ONNX Runtime, with the same weights."""

import os

import onnxruntime
from benchmarks.rounds import Job
from benchmarks.workloads import Predicting, digits, parameters
from onnx import TensorProto, helper, numpy_helper

__all__ = ["predict"]


def predict(work: Predicting) -> Job:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ["OMP_NUM_THREADS"])
    session = onnxruntime.InferenceSession(_model(work.sizes), options, providers=["CPUExecutionProvider"])
    inputs, _ = digits(work.rows)

    def job(round_number: int) -> float:  # noqa: ARG001 - every round is the same
        for _ in range(work.calls):
            (outputs,) = session.run(None, {"inputs": inputs})
        return float(outputs[:, 0].mean())

    return job


def _model(sizes: tuple[int, ...]) -> bytes:
    nodes, tensors, given = [], [], "inputs"
    for index, (weights, biases) in enumerate(parameters(sizes)):
        tensors += [numpy_helper.from_array(weights, f"w{index}"), numpy_helper.from_array(biases, f"b{index}")]
        nodes.append(helper.make_node("Gemm", [given, f"w{index}", f"b{index}"], [f"z{index}"], transB=1))
        last = index == len(sizes) - 2
        given = "outputs" if last else f"a{index}"
        nodes.append(helper.make_node("Softmax" if last else "Relu", [f"z{index}"], [given]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", size])
        for name, size in (("inputs", sizes[0]), ("outputs", sizes[-1]))
    ]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    return model.SerializeToString()
