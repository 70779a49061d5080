"""JAX, with the whole epoch compiled into one function that scans over the batches."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from benchmarks.rounds import Job
from benchmarks.workloads import Training, digits, parameters

__all__ = ["train"]

#: Weights, (inputs, nodes), and biases, layer by layer.
State = list[tuple[jax.Array, jax.Array]]


def train(work: Training) -> Job:
    images, labels = digits(work.rows)
    inputs, targets = jnp.asarray(images), jnp.asarray(np.eye(work.sizes[-1], dtype=np.float32)[labels])
    start = [(jnp.asarray(weights.T), jnp.asarray(biases)) for weights, biases in parameters(work.sizes)]
    # The memory of the old parameters may be reused for the new ones.
    epoch = jax.jit(functools.partial(_epoch, work.batch, work.rate), donate_argnums=0)

    def job(round_number: int) -> float:
        state = jax.tree.map(jnp.copy, start)
        for key in jax.random.split(jax.random.key(round_number), work.epochs):
            state, loss = epoch(state, inputs, targets, key)
        return float(loss)

    return job


def _epoch(
    batch: int, rate: float, state: State, inputs: jax.Array, targets: jax.Array, key: jax.Array
) -> tuple[State, jax.Array]:
    order = jax.random.permutation(key, len(inputs)).reshape(-1, batch)

    def step(state: State, rows: jax.Array) -> tuple[State, jax.Array]:
        loss, gradient = jax.value_and_grad(_loss)(state, inputs[rows], targets[rows])
        return jax.tree.map(lambda parameter, slope: parameter - rate * slope, state, gradient), loss

    state, losses = jax.lax.scan(step, state, order)
    return state, losses.mean()


def _loss(state: State, inputs: jax.Array, targets: jax.Array) -> jax.Array:
    *hidden, (weights, biases) = state
    for some_weights, some_biases in hidden:
        inputs = jax.nn.relu(inputs @ some_weights + some_biases)
    return -(targets * jax.nn.log_softmax(inputs @ weights + biases)).sum(axis=1).mean()
