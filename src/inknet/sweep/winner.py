"""The winner's network, in ``best.pkl``, whoever trained it."""

from pathlib import Path

from inknet.mlp import ModelFileError, Network

__all__ = ["Winner"]


class Winner:
    """``best.pkl`` in a sweep's folder, and the networks of trials that are about to finish and may be better.

    A network is saved before its trial counts as finished, so that a finished trial's network is never missing; and
    several processes may do so at once.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / "best.pkl"

    def save(self, network: Network, number: int) -> None:
        """Save a trial's network, which may turn out to be the best."""
        network.metadata["trial"] = number
        network.save(self._of(number))

    def settle(self, number: int) -> bool:
        """Make that trial's network the best one; return False if it is not in this folder."""
        if self._number() == number:
            return True
        try:
            network = Network.load(self._of(number))
        except ModelFileError:
            return False
        network.save(self.path)
        return True

    def clear(self, finished: set[int]) -> None:
        """Take away the networks of finished trials, once the best one is settled."""
        for number in finished:
            self._of(number).unlink(missing_ok=True)

    def _of(self, number: int) -> Path:
        return self._folder / f"trial-{number:04}.pkl"

    def _number(self) -> int | None:
        """Return the trial whose network is the best one now."""
        if not self.path.exists():
            return None
        try:
            number = Network.load(self.path).metadata.get("trial")
        except ModelFileError:
            return None
        return number if isinstance(number, int) else None
