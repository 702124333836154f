"""A neural spline flow, 4 couplings of rational-quadratic splines with 8 bins in 16 dimensions: the log density of 10 000
rows, all at once and in chunks that stay in cache; a training step of 512. The splines are as in nflows, all features of
all rows at once."""

import torch.nn.functional as F
from torch_flow import TIMING, Case, in_chunks, network, read_layers, standard_normal, trainer
from torch_peer import report, seconds, torch

DIM, LAYERS, BINS, BOUND, HIDDEN = 16, 4, 8, 3.0, [128, 128]
LEAST = 1e-3
ROWS, BATCH, CHUNK = 10_000, 512, 500


def read(vector):
    return read_layers(vector, [DIM // 2, *HIDDEN, DIM // 2 * (3 * BINS - 1)], LAYERS)


def knots(logits):
    """[..., BINS] logits to the BINS + 1 knots in [-BOUND, BOUND]."""
    parts = LEAST + (1 - LEAST * BINS) * torch.softmax(logits, -1)
    inner = 2 * BOUND * torch.cumsum(parts, -1)[..., :-1] - BOUND
    return F.pad(F.pad(inner, (1, 0), value=-BOUND), (0, 1), value=BOUND)


def spline_inverse(x, theta):
    """z and ln |dz/dx| of x [rows, features], theta [rows, features, 3 BINS - 1] (Durkan et al. 2019, eq. 6-8 and appendix A)."""
    inside = (x > -BOUND) & (x < BOUND)
    y = torch.where(inside, x, torch.zeros_like(x)).unsqueeze(-1)
    z_knots, x_knots = knots(theta[..., :BINS]), knots(theta[..., BINS : 2 * BINS])
    slopes = F.pad(LEAST + F.softplus(theta[..., 2 * BINS :]), (1, 1), value=1.0)
    k = (y >= x_knots[..., 1:-1]).sum(-1, keepdim=True)

    z_low, z_high = z_knots.gather(-1, k), z_knots.gather(-1, k + 1)
    x_low, x_high = x_knots.gather(-1, k), x_knots.gather(-1, k + 1)
    d_low, d_high = slopes.gather(-1, k), slopes.gather(-1, k + 1)
    width, height = z_high - z_low, x_high - x_low
    s = height / width
    bend = d_low + d_high - 2 * s
    offset = y - x_low
    a = offset * bend + height * (s - d_low)
    b = height * d_low - offset * bend
    c = -s * offset
    xi = 2 * c / (-b - torch.sqrt(b * b - 4 * a * c))
    eta = 1 - xi
    denominator = s + bend * xi * eta
    slope = s * s * (d_high * xi * xi + 2 * s * xi * eta + d_low * eta * eta) / (denominator * denominator)
    z = (xi * width + z_low).squeeze(-1)
    log_slope = torch.log(slope).squeeze(-1)
    return torch.where(inside, z, x), torch.where(inside, -log_slope, torch.zeros_like(x))


def log_prob(x, networks):
    """x of a layer k: the even features pass when k is even, the odd ones when it is odd."""
    even, odd = x[:, 0::2], x[:, 1::2]
    log_det = 0.0
    for k in reversed(range(LAYERS)):
        passing, moved = (even, odd) if k % 2 == 0 else (odd, even)
        theta = network(passing, networks[k]).view(-1, DIM // 2, 3 * BINS - 1)
        moved, log_slope = spline_inverse(moved, theta)
        log_det = log_det + log_slope.sum(1)
        even, odd = (passing, moved) if k % 2 == 0 else (moved, passing)
    return standard_normal(even) + standard_normal(odd) + log_det


if __name__ == "__main__":
    torch.manual_seed(1)
    case = Case()
    case.check("spline flow", log_prob, read)
    networks = read(case.parameters)
    if TIMING == "density":
        x = torch.randn(ROWS, DIM)
        with torch.no_grad():
            timings = {
                "whole": seconds(lambda: log_prob(x, networks), repeats=5),
                "chunked": seconds(in_chunks(log_prob, x, networks, CHUNK), repeats=5),
            }
    else:
        timings = {"autograd": seconds(trainer(log_prob, networks, torch.randn(BATCH, DIM)), repeats=5, calls=5)}
    report(timings)
