"""The shipped model's recipe in PyTorch: `affine_grid`, `grid_sample`, Adam, and an average of the parameters."""

import torch
from benchmarks.contenders.pytorch import make_network
from benchmarks.rounds import Job
from benchmarks.workloads import Augmenting, digits
from torch.nn import functional

from inknet.digits.drawing.distort import Distortion
from inknet.digits.training.recipes import find_recipe

__all__ = ["learn_recipe"]

#: Images distorted together.
_CHUNK = 1024
_SIDE, _KNOTS = 28, 5
_MIDDLE = (_SIDE - 1) / 2


def learn_recipe(work: Augmenting) -> Job:
    recipe = find_recipe("digits")
    distortion = recipe.distortion
    if distortion is None:
        raise ValueError("the recipe has no distortions")
    inputs, labels = (torch.from_numpy(array) for array in digits(work.rows))
    inputs = inputs.reshape(-1, 1, _SIDE, _SIDE)
    bumps = _bumps()

    def job(round_number: int) -> float:
        torch.manual_seed(round_number)
        network = make_network(recipe.sizes)
        optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, fused=True)
        averages = [parameter.detach().clone() for parameter in network.parameters()]
        total = torch.zeros(())
        for rows in torch.randperm(work.rows).split(_CHUNK):
            images = _upright(_distort(inputs[rows], distortion, bumps)).flatten(1)
            for batch, targets in zip(
                images.split(recipe.batch_size), labels[rows].split(recipe.batch_size), strict=True
            ):
                optimizer.zero_grad()
                loss = functional.cross_entropy(network(batch), targets)
                loss.backward()
                optimizer.step()
                with torch.no_grad():
                    torch._foreach_lerp_(averages, list(network.parameters()), 1 - recipe.ema_decay)
                total += loss.detach() * len(batch)
        return float(total) / work.rows

    return job


def _distort(images: torch.Tensor, by: Distortion, bumps: torch.Tensor) -> torch.Tensor:
    """Distort as `inknet.digits.drawing.distort` does."""
    angle, shear, scale, aspect, down, right = torch.randn(6, len(images)) * torch.tensor(
        [[by.rotation], [by.shear], [by.scale], [by.aspect], [by.shift], [by.shift]]
    )
    cosine, sine = angle.cos(), angle.sin()
    tall, wide = (scale + aspect).exp(), (scale - aspect).exp()
    across = torch.stack([wide * cosine, wide * (cosine * shear - sine), right / _MIDDLE], dim=1)
    along = torch.stack([tall * sine, tall * (cosine + sine * shear), down / _MIDDLE], dim=1)
    elastic = (by.elastic / _MIDDLE * torch.randn(len(images) * 2, _KNOTS**2) @ bumps).reshape(-1, 2, _SIDE, _SIDE)
    moved = _resample(images, torch.stack([across, along], dim=1), elastic.permute(0, 2, 3, 1))
    amount = by.width * torch.randn(len(images), 1, 1, 1)
    # An erosion is the dilation of the negative.
    sign = amount.sign()
    signed = sign * moved
    most = torch.maximum(
        functional.max_pool2d(signed, (3, 1), 1, (1, 0)), functional.max_pool2d(signed, (1, 3), 1, (0, 1))
    )
    return torch.lerp(moved, sign * most, amount.abs().clamp(max=1))


def _upright(images: torch.Tensor) -> torch.Tensor:
    """Normalize as `inknet.digits.normalizing.moments` does."""
    grid = torch.arange(_SIDE) - _MIDDLE
    ink = images.squeeze(1)
    by_row = ink.sum(dim=2)
    mass = by_row.sum(dim=1).clamp(min=1e-6)
    row = by_row @ grid / mass
    weighted = ink @ grid
    column = weighted.sum(dim=1) / mass
    off = grid - row[:, None]
    covariance = (off * (weighted - column[:, None] * by_row)).sum(dim=1) / mass
    variance = ((off * off * by_row).sum(dim=1) / mass).clamp(min=1e-6)
    slant = (covariance / variance).clamp(-1, 1)
    breadth = (ink @ (grid * grid)).sum(dim=1) / mass - column * column
    breadth = breadth + slant * (slant * variance - 2 * covariance)
    tall = (variance.sqrt() / 5.8).clamp(0.6, 1.5)
    wide = ((breadth.clamp(min=1e-6).sqrt() / 4.2) ** 0.75).clamp(0.4, 1.6)
    across = torch.stack([wide, slant * tall, column / _MIDDLE], dim=1)
    along = torch.stack([torch.zeros_like(tall), tall, row / _MIDDLE], dim=1)
    return _resample(images, torch.stack([across, along], dim=1))


def _resample(images: torch.Tensor, affine: torch.Tensor, moved: torch.Tensor | float = 0.0) -> torch.Tensor:
    grid = functional.affine_grid(affine, list(images.shape), align_corners=True) + moved
    return functional.grid_sample(images, grid, align_corners=True)


def _bumps() -> torch.Tensor:
    """Return each knot's influence on each pixel, (25, 784)."""
    knots = torch.linspace(0, _SIDE - 1, _KNOTS)
    near = torch.exp(-0.5 * ((torch.arange(_SIDE) - knots[:, None]) / (knots[1] - knots[0])) ** 2)
    bumps = torch.einsum("iy,jx->ijyx", near, near).reshape(_KNOTS**2, -1)
    return bumps / bumps.square().sum(dim=0).sqrt()
