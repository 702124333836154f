"""The log density of one point under 8 planar layers in two dimensions. The inverse has no closed form and the Python
libraries leave it out; here it is the scalar equation (a - tanh a) + delta tanh a = w.x + b of appendix A.1, by Newton's
method kept inside its bracket y -+ |delta - 1|, written for a batch of any size."""

import math

from torch_peer import agree, report, seconds, torch

LAYERS, DIM = 8, 2
GENERATOR = torch.Generator().manual_seed(1)


def solve(y, delta):
    """The root a of (a - tanh a) + delta tanh a = y, which increases in a."""
    reach = abs(delta - 1)
    low, high, a = y - reach, y + reach, y
    for _ in range(60):
        h = torch.tanh(a)
        excess = a + (delta - 1) * h - y
        above = excess > 0
        high, low = torch.where(above, a, high), torch.where(above, low, a)
        newton = a - excess / (1 + (delta - 1) * (1 - h * h))
        inside = (newton >= low) & (newton <= high)
        following = torch.where(inside, newton, 0.5 * (low + high))
        # Newton's error squares: a step of 1e-10 lands within rounding.
        if torch.all((following - a).abs() <= 1e-10 * (1 + a.abs())):
            return following
        a = following
    return a


class Flow:
    def __init__(self):
        u, w = torch.randn(LAYERS, DIM, generator=GENERATOR), torch.randn(LAYERS, DIM, generator=GENERATOR)
        b = torch.randn(LAYERS, generator=GENERATOR)
        wu = (w * u).sum(1, keepdim=True)
        delta = torch.nn.functional.softplus(wu)
        u_hat = u + (delta - 1 - wu) * w / (w * w).sum(1, keepdim=True)
        self.layers = list(zip(u_hat.unbind(0), w.unbind(0), b.unbind(0), delta[:, 0].tolist()))

    def forward(self, z):
        log_det = 0.0
        for u_hat, w, b, delta in self.layers:
            h = torch.tanh(torch.addmv(b, z, w))
            z, log_det = torch.addr(z, h, u_hat), log_det + torch.log(delta + (1 - delta) * h * h)
        return z, log_det

    def log_prob(self, x):
        determinant = 1.0
        for u_hat, w, b, delta in reversed(self.layers):
            h = torch.tanh(solve(torch.addmv(b, x, w), delta))
            x, determinant = torch.addr(x, h, u_hat, alpha=-1), determinant * (delta + (1 - delta) * h * h)
        return -0.5 * (x * x).sum(1) - 0.5 * DIM * math.log(2 * math.pi) - torch.log(determinant)


if __name__ == "__main__":
    flow = Flow()
    with torch.no_grad():
        z = torch.randn(1000, DIM, generator=GENERATOR)
        x, log_det = flow.forward(z)
        agree("inverse", flow.log_prob(x), -0.5 * (z * z).sum(1) - math.log(2 * math.pi) - log_det)
        row = x[:1].clone()
        report({"newton": seconds(lambda: flow.log_prob(row), repeats=7, calls=200)})
