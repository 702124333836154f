"""Drawing 100 000 samples with their log density: 64 layers in 16 dimensions, planar or radial (the second argument).

Rows are taken in chunks that stay in cache, as columns of a [dim, chunk] block, and nothing is allocated inside a chunk
that can be reused but by the first version. Three versions of each, the fastest chunk of a few taken for each:

  chunked    layer by layer as the formulas say, each line an operation on the whole chunk
  in order   the same layers in place, nothing allocated, the log-determinants of all layers at once from the stacked
             activations
  rewritten  the same numbers by other algebra. Planar: everything in pre-activation space, a = W z0 + b +
             tril(W uHat^T) tanh(a) by blocks of rows, matrix products for the rest. Radial: coordinates relative to the
             next centre, one pass less. Both: one logarithm for eight determinants (unguarded against overflow).

With several threads each comes twice: on PyTorch's own, which share one operation, and with chunks handed to Python threads,
which PyTorch lets run while an operation computes.
"""

import json
import math
import sys
from concurrent.futures import ThreadPoolExecutor

from torch_peer import THREADS, agree, report, seconds, torch

ROWS, LAYERS, DIM, BLOCK = 100_000, 64, 16, 8
CHUNKS = (1000, 2000, 4000, 10_000, 20_000)  # each divides ROWS
KNOWN_CHUNKS = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}


def random(*shape):
    return torch.randn(*shape, generator=GENERATOR)


GENERATOR = torch.Generator().manual_seed(1)


def log_of_product(determinants):
    """Sum over the rows of ln determinants, one logarithm for eight rows."""
    p = determinants.view(LAYERS // 8, 8, -1)
    for half in (4, 2, 1):
        p = p[:, :half] * p[:, half : 2 * half]
    return p[:, 0].log_().sum(0)


class Planar:
    def __init__(self):
        u, w, self.b = 0.3 * random(LAYERS, DIM), 0.3 * random(LAYERS, DIM), 0.3 * random(LAYERS)
        wu = (w * u).sum(1, keepdim=True)
        self.delta = torch.nn.functional.softplus(wu)
        self.w, self.u_hat = w, u + (self.delta - 1 - wu) * w / (w * w).sum(1, keepdim=True)
        self.coupling = self.w @ self.u_hat.t()

    def chunked(self, chunk):
        layers = list(zip(self.u_hat[:, :, None], self.w, self.b, self.delta - 1))

        def push(z):
            x, log_det = z, 0
            for uk, wk, bk, ck in layers:
                h = torch.tanh(wk @ x + bk)
                x = x + uk * h
                log_det = log_det + torch.log1p((1 - h * h) * ck)
            z.copy_(x)
            return log_det

        return push

    def in_order(self, chunk):
        h, jacobian = torch.empty(LAYERS, chunk), torch.empty(LAYERS, chunk)
        layers = list(zip(h.unbind(0), self.u_hat.unbind(0), self.w.unbind(0), self.b.unbind(0)))

        def push(z):
            zt = z.t()
            for hk, uk, wk, bk in layers:
                torch.addmv(bk, zt, wk, out=hk)
                z.addr_(uk, hk.tanh_())
            torch.addcmul(self.delta, h.mul_(h), 1 - self.delta, out=jacobian)
            return jacobian.log_().sum(0)

        return push

    def rewritten(self, chunk):
        h, jacobian = torch.empty(LAYERS, chunk), torch.empty(LAYERS, chunk)
        ht, rows = h.t(), h.unbind(0)

        def push(z):
            torch.addmm(self.b[:, None], self.w, z, out=h)
            for start in range(0, LAYERS, BLOCK):
                end = start + BLOCK
                if start:
                    h[start:end].addmm_(self.coupling[start:end, :start], h[:start])
                rows[start].tanh_()
                for k in range(start + 1, end):
                    rows[k].addmv_(ht[:, start:k], self.coupling[k, start:k]).tanh_()
            z.addmm_(self.u_hat.t(), h)
            torch.addcmul(self.delta, h.mul_(h), 1 - self.delta, out=jacobian)
            return log_of_product(jacobian)

        return push


class Radial:
    def __init__(self):
        self.centre = random(LAYERS, DIM)
        self.alpha, m = random(LAYERS).exp(), torch.nn.functional.softplus(random(LAYERS))
        self.beta_hat = m - self.alpha
        self.layers = list(zip(self.centre[:, :, None].unbind(0), self.alpha.tolist(), self.beta_hat.tolist()))
        self.ones = torch.ones(DIM)

    def chunked(self, chunk):
        def push(z):
            x, log_det = z, 0
            for centre, a, b in self.layers:
                offset = x - centre
                r = torch.sqrt((offset * offset).sum(0))
                h = b / (a + r)
                x = x + h * offset
                log_det = log_det + (DIM - 1) * torch.log1p(h) + torch.log1p(h * a / (a + r))
            z.copy_(x)
            return log_det

        return push

    def in_order(self, chunk):
        offset, squares = torch.empty(DIM, chunk), torch.empty(DIM, chunk)
        distance, h = torch.empty(LAYERS, chunk), torch.empty(LAYERS, chunk)
        rows = list(zip(distance.unbind(0), h.unbind(0)))
        alpha = self.alpha[:, None]

        def push(z):
            for (centre, a, b), (d, hk) in zip(self.layers, rows):
                torch.sub(z, centre, out=offset)
                torch.mul(offset, offset, out=squares)
                # A product with ones is the fastest sum over the rows; torch.linalg.vector_norm takes five times as long.
                torch.mv(squares.t(), self.ones, out=d).sqrt_().add_(a)
                torch.reciprocal(d, out=hk).mul_(b)
                z.addcmul_(offset, hk)
            last = (h / distance).mul_(alpha).log1p_().sum(0)
            return h.log1p_().sum(0).mul_(DIM - 1).add_(last)

        return push

    def rewritten(self, chunk):
        squares, radius, scale = torch.empty(DIM, chunk), torch.empty(chunk), torch.empty(chunk)
        inverse = torch.empty(LAYERS, chunk)
        rows = inverse.unbind(0)
        alpha, beta_hat, one = self.alpha[:, None], self.beta_hat[:, None], torch.ones(())
        # From the offset to one centre to the offset to the next; the last step goes back to plain coordinates.
        shifts = torch.cat((self.centre[:-1] - self.centre[1:], self.centre[-1:]))[:, :, None].unbind(0)

        def push(z):
            z.sub_(self.layers[0][0])
            for (_, a, b), shift, row in zip(self.layers, shifts, rows):
                torch.mul(z, z, out=squares)
                torch.mv(squares.t(), self.ones, out=radius).sqrt_().add_(a)
                torch.reciprocal(radius, out=row)
                torch.add(one, row, alpha=b, out=scale)
                torch.addcmul(shift, z, scale, out=z)
            h = inverse * beta_hat
            last = (h * inverse).mul_(alpha).add_(1)
            return log_of_product(h.add_(1)).mul_(DIM - 1).add_(log_of_product(last))

        return push


def sampler(version, chunk):
    """Fills x [dim, rows] and log_q [rows], chunk by chunk."""
    x, log_q = torch.empty(DIM, ROWS), torch.empty(ROWS)
    return worker(version, chunk, x, log_q, range(0, ROWS, chunk))


def worker(version, chunk, x, log_q, starts, generator=None):
    push, z = version(chunk), torch.empty(DIM, chunk)
    constant = -0.5 * DIM * math.log(2 * math.pi)

    def run():
        for start in starts:
            z.normal_(generator=generator)
            base = (z * z).sum(0).mul_(-0.5).add_(constant)
            torch.sub(base, push(z), out=log_q[start : start + chunk])
            x[:, start : start + chunk] = z

    return run


def python_threads_sampler(version, chunk):
    x, log_q = torch.empty(DIM, ROWS), torch.empty(ROWS)
    workers = [
        worker(version, chunk, x, log_q, range(k * chunk, ROWS, THREADS * chunk), torch.Generator().manual_seed(k))
        for k in range(THREADS)
    ]

    def work(k):
        # Gradient mode is a thread's own.
        with torch.no_grad():
            workers[k]()

    return lambda: list(POOL.map(work, range(THREADS)))


def best(name, sampler, version):
    """The fastest chunk, unless an earlier run has found it, and its time."""
    chunk = KNOWN_CHUNKS.get(name)
    if chunk is None:
        trials = {chunk: seconds(sampler(version, chunk), repeats=1) for chunk in CHUNKS}
        chunk = min(trials, key=trials.get)
    return chunk, seconds(sampler(version, chunk), repeats=5)


if __name__ == "__main__":
    torch.manual_seed(1)
    flow = {"planar": Planar, "radial": Radial}[sys.argv[2]]()
    versions = {"chunked": flow.chunked, "in order": flow.in_order, "rewritten": flow.rewritten}
    with torch.no_grad():
        z = torch.randn(DIM, 1000)
        plain = z.clone()
        log_det = flow.chunked(1000)(plain)
        for name in ("in order", "rewritten"):
            other = z.clone()
            agree(f"{name}, log-determinant", versions[name](1000)(other), log_det)
            agree(f"{name}, sample", other, plain)
        found = {name: best(name, sampler, version) for name, version in versions.items()}
        if THREADS > 1:
            torch.set_num_threads(1)
            with ThreadPoolExecutor(THREADS) as POOL:
                for name, version in versions.items():
                    name += ", Python threads"
                    found[name] = best(name, python_threads_sampler, version)
    report({name: time for name, (_, time) in found.items()}, chunks={name: chunk for name, (chunk, _) in found.items()})
