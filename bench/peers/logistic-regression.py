"""The log density of a logistic regression, 1000 × 25, for a batch of 256 parameter vectors, and its gradient: with softplus,
and with PyTorch's own loss of logits, which is the same function."""

import sys

from torch_peer import agree, report, seconds, torch

ROWS, DIM, BATCH = 1000, 25, 256

values = torch.from_file(sys.argv[2], size=ROWS * (DIM + 1), dtype=torch.float64)
x, y = values[: ROWS * DIM].view(ROWS, DIM), values[ROWS * DIM :]


def prior(beta):
    return -0.5 * (beta / 2.5).square().sum(1)


def by_softplus(beta):
    logits = beta @ x.t()
    return prior(beta) + (y * logits - torch.nn.functional.softplus(logits, threshold=50)).sum(1)


def by_loss(beta):
    logits = beta @ x.t()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y.expand_as(logits), reduction="none")
    return prior(beta) - loss.sum(1)


def step(log_density, beta):
    def run():
        beta.grad = None
        log_density(beta).sum().backward()

    return run


if __name__ == "__main__":
    torch.manual_seed(1)
    beta = (0.3 * torch.randn(BATCH, DIM)).requires_grad_()
    agree("the two ways", by_softplus(beta), by_loss(beta))
    report(
        {
            "softplus": seconds(step(by_softplus, beta), repeats=15, calls=5),
            "loss of logits": seconds(step(by_loss, beta), repeats=15, calls=5),
        }
    )
