"""The network that users build: a multilayer perceptron with training and files.

Training and storage know only `MultilayerPerceptron`; they are imported when they are used.
"""

from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from inknet.mlp.perceptron import MultilayerPerceptron

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from inknet.mlp.training.history import History

__all__ = ["Network"]


class Network(MultilayerPerceptron):
    """A multilayer perceptron: layers of nodes, each fully connected to the layer before.

    Parameters
    ----------
    sizes : sequence of int
        The number of inputs, of nodes in each hidden layer (if any), and of outputs.
    hidden : str, Activation, or a sequence with one for each hidden layer
        "sigmoid", "tanh", "relu" or "leaky-relu".
    output : str or Activation
        "softmax", "sigmoid" or "identity".
    bias : {"node", "layer"}
        One bias per node, or one shared by all nodes of a layer.
    init : str or Initializer
        "uniform", "normal", "glorot" or "he".
    seed : int or None
        Seed of the first weights; None draws one.
    dtype : {"float32", "float64"} or the numpy type
        The type of parameters and computations.

    Attributes
    ----------
    layers : tuple of Layer
        The layers; the input is not one. Like the sizes, they cannot be replaced, only written to.
    parameters : array, shape (parameter_count,)
        All weights and biases as one vector; the layers hold views of it, so assigning writes to it.
    metadata : dict
        Plain values that are saved with the network.

    Raises
    ------
    InputError
        If a size, a name or the number of activations does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> network = Network([784, 200, 10], seed=0)
    >>> network
    Network(784 → 200 relu → 10 softmax, 159,010 parameters)
    >>> network.layers[0].nodes[17].weights.shape
    (784,)
    >>> network.predict(np.zeros(784)).shape
    (10,)
    """

    def train(self, inputs: ArrayLike, targets: ArrayLike, **options: Any) -> "History":  # noqa: ANN401 - checked by Trainer
        """Train on inputs and targets.

        Parameters
        ----------
        inputs : array, shape (rows, inputs)
        targets : array, shape (rows,) or (rows, outputs)
        **options
            Fields of `inknet.mlp.TrainingOptions`, such as epochs and learning_rate, and arguments of
            `inknet.mlp.Trainer`, such as validation.

        Returns
        -------
        History
            A report per epoch. The network keeps the parameters of the best one.

        Raises
        ------
        InputError
            If an argument does not fit.
        TrainingError
            If the loss is no longer finite.
        TypeError
            If an option is unknown.

        Examples
        --------
        >>> network = Network([2, 4, 1], hidden="tanh", output="sigmoid", seed=1)
        >>> xor = [[0, 0], [0, 1], [1, 0], [1, 1]]
        >>> history = network.train(xor, [0, 1, 1, 0], epochs=500, learning_rate=0.1, batch_size=1)
        >>> [round(float(p)) for p in network.predict(xor)[:, 0]]
        [0, 1, 1, 0]
        """
        from inknet.mlp.training.trainer import Trainer

        return Trainer(self, inputs, targets, **options).run()

    def save(self, path: "str | Path") -> None:
        """Save the network to a file, atomically; see `inknet.mlp.storage.model_file`."""
        from inknet.mlp.storage.model_file import save_model

        save_model(path, self)

    @classmethod
    def load(cls, path: "str | Path") -> "Self":
        """Load a network from a file.

        Raises
        ------
        ModelFileError
            If the file is missing, damaged, foreign, or newer than this library. Loading never executes code.
        """
        from inknet.mlp.storage.model_file import load_model

        return cls.from_dict(load_model(path)["network"])
