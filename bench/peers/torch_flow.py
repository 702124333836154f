"""What the peers of flows with networks share: our parameters and what they give, from the file that bench/flow-case.mjs
writes; the network; a training step. A peer is called with threads, file, and which of its timings to take."""

import math
import os
import sys

from torch_peer import agree, torch

LOG_2PI = math.log(2 * math.pi)
PATH, TIMING = sys.argv[2], sys.argv[3]


class Case:
    """`parameters`, `x` [rows, dim], `log_prob` [rows] and `gradient` of its sum by the parameters."""

    def __init__(self):
        values = torch.from_file(PATH, size=os.path.getsize(PATH) // 8, dtype=torch.float64)
        count, rows, dim = (int(value) for value in values[:3])
        self.parameters, x, self.log_prob, self.gradient = values[3:].split([count, rows * dim, rows, count])
        self.x = x.view(rows, dim)

    def check(self, name, log_prob, read):
        """Stops the peer unless `log_prob(rows, networks)` has our values, and our gradient. `read` makes networks of a vector."""
        networks = read(self.parameters)
        leaves = [tensor.requires_grad_() for tensor in flatten(networks)]
        value = log_prob(self.x, networks)
        agree(f"{name}, log density", value, self.log_prob)
        gradients = torch.autograd.grad(value.sum(), leaves)
        for own, other in zip(gradients, flatten(read(self.gradient))):
            agree(f"{name}, gradient", own, other)


def read_layers(vector, widths, networks):
    """`networks` lists of (weight, bias), each layer [outputs, inputs] and [outputs], as they stand in the vector."""
    at = 0
    found = []
    for _ in range(networks):
        layers = []
        for inputs, outputs in zip(widths, widths[1:]):
            weight = vector[at : at + inputs * outputs].view(outputs, inputs).clone()
            at += inputs * outputs
            layers.append((weight, vector[at : at + outputs].clone()))
            at += outputs
        found.append(layers)
    return found


def apart(layer, multiplier):
    """A last layer whose outputs stand parameter by parameter, each for all features, instead of feature by feature."""
    return tuple(
        tensor.view(-1, multiplier, *tensor.shape[1:]).transpose(0, 1).reshape(tensor.shape).contiguous() for tensor in layer
    )


def flatten(networks):
    return [tensor for layers in networks for layer in layers for tensor in layer]


def network(x, layers):
    for weight, bias in layers[:-1]:
        x = torch.nn.functional.linear(x, weight, bias).relu_()
    return torch.nn.functional.linear(x, *layers[-1])


def standard_normal(z):
    return -0.5 * (z * z).sum(1) - 0.5 * z.shape[1] * LOG_2PI


def in_chunks(log_prob, x, networks, chunk):
    """The same over parts that stay in cache."""
    parts = x.split(chunk)
    return lambda: torch.cat([log_prob(part, networks) for part in parts])


def trainer(log_prob, networks, x):
    """A step of maximum likelihood: the rows gathered in a random order, forward, backward, Adam."""
    leaves = [tensor.requires_grad_() for tensor in flatten(networks)]
    # foreach=True is the fastest Adam on the CPU: the fused one is for CUDA only.
    optimizer = torch.optim.Adam(leaves, lr=1e-5, foreach=True)

    def run():
        loss = -log_prob(x[torch.randperm(x.shape[0])], networks).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return run
