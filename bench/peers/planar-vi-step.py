"""One step of variational inference with planar flows: draw 512 samples, 32 layers in two dimensions, the energy U1 of
Rezende & Mohamed 2015, the gradient, Adam. Three versions, each faster to run and longer to write:

  autograd  the constraint of all layers at once, then two fused operations and a tanh per layer; the log-determinants of
            all layers at once from the stacked activations
  scripted  the same, compiled by torch.jit.script
  by hand   no autograd: the whole step in pre-activation space, a = W z0 + b + tril(W uHat^T) tanh(a) solved row by row,
            its backward written out, Adam on one flat vector, all of it scripted
"""

import math
from typing import List

from torch_peer import agree, report, seconds, torch

LAYERS, DIM, BATCH = 32, 2, 512
LEARNING_RATE = 1e-2
LOG_2PI = math.log(2 * math.pi)


def initial_parameters():
    generator = torch.Generator().manual_seed(1)
    u = (2 * torch.rand(LAYERS, DIM, generator=generator) - 1) * math.sqrt(2)
    w = 2 * torch.rand(LAYERS, DIM, generator=generator) - 1
    return u, w, torch.zeros(LAYERS)


def annealing(step):
    return min(1.0, 0.01 + step / 10000)


# ---- autograd


def constrain(u, w):
    wu = (w * u).sum(1, keepdim=True)
    delta = torch.nn.functional.softplus(wu)
    return u + (delta - 1 - wu) * w / (w * w).sum(1, keepdim=True), delta


def free_energy(z, u, w, b, beta: float):
    log_q = -0.5 * (z * z).sum() / z.shape[0] - 1.8378770664093453
    u_hat, delta = constrain(u, w)
    us, ws, bs = u_hat.unbind(0), w.unbind(0), b.unbind(0)
    activations: List[torch.Tensor] = []
    for k in range(len(us)):
        h = torch.tanh(torch.addmv(bs[k], z, ws[k]))
        activations.append(h)
        z = torch.addr(z, h, us[k])
    h = torch.stack(activations)
    log_det = torch.log(delta + (1 - delta) * h * h).sum() / z.shape[0]
    z1, z2 = z.unbind(1)
    radius = torch.sqrt(z1 * z1 + z2 * z2)
    right, left = -0.5 * ((z1 - 2) / 0.6) ** 2, -0.5 * ((z1 + 2) / 0.6) ** 2
    energy = 0.5 * ((radius - 2) / 0.4) ** 2 - torch.logaddexp(right, left)
    return log_q - log_det + beta * energy.mean()


def autograd_stepper(loss):
    parameters = [p.requires_grad_() for p in initial_parameters()]
    # foreach=True is the fastest Adam on the CPU: the fused one is for CUDA only.
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, foreach=True)
    step = 0

    def run():
        nonlocal step
        value = loss(torch.randn(BATCH, DIM), *parameters, annealing(step))
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
        step += 1

    return run


# ---- by hand


@torch.jit.script
def chain_forward(zt, u_hat, w, b):
    coupling = w @ u_hat.t()
    h = torch.addmm(b.unsqueeze(1), w, zt)
    ht, rows = h.t(), h.unbind(0)
    rows[0].tanh_()
    for k in range(1, len(rows)):
        rows[k].addmv_(ht[:, :k], coupling[k, :k]).tanh_()
    return torch.addmm(zt, u_hat.t(), h), h, coupling


@torch.jit.script
def chain_backward(dx, dh, zt, h, coupling, u_hat, w):
    s = torch.addcmul(torch.ones_like(h), h, h, value=-1.0)
    da = torch.addmm(dh, u_hat, dx)
    dat, rows, ss, transposed = da.t(), da.unbind(0), s.unbind(0), coupling.t().contiguous()
    last = len(rows) - 1
    rows[last].mul_(ss[last])
    for i in range(last):
        k = last - 1 - i
        rows[k].addmv_(dat[:, k + 1 :], transposed[k, k + 1 :]).mul_(ss[k])
    dcoupling = torch.tril(da @ h.t(), -1)
    du_hat = torch.addmm(h @ dx.t(), dcoupling.t(), w)
    dw = torch.addmm(da @ zt.t(), dcoupling, u_hat)
    return du_hat, dw, da.sum(1)


@torch.jit.script
def free_energy_and_gradient(z, u, w, b, beta: float):
    n, zt = z.size(0), z.t()
    wu, ww = (w * u).sum(1, keepdim=True), (w * w).sum(1, keepdim=True)
    delta = torch.nn.functional.softplus(wu)
    c = (delta - 1 - wu) / ww
    u_hat = torch.addcmul(u, c, w)
    x, h, coupling = chain_forward(zt, u_hat, w, b)
    h2 = h * h
    jacobian = torch.addcmul(delta, h2, 1 - delta)
    z1, z2 = x.unbind(0)
    radius = torch.sqrt(z1 * z1 + z2 * z2)
    right, left = -0.5 * ((z1 - 2) / 0.6) ** 2, -0.5 * ((z1 + 2) / 0.6) ** 2
    energy = 0.5 * ((radius - 2) / 0.4) ** 2 - torch.logaddexp(right, left)
    value = -0.5 * (z * z).sum() / n - 1.8378770664093453 - torch.log(jacobian).sum() / n + beta * energy.mean()

    share = torch.sigmoid(right - left)
    dradius = (radius - 2) / (0.16 * radius)
    dx1 = dradius * z1 + (share * (z1 - 2) + (1 - share) * (z1 + 2)) / 0.36
    dx = torch.stack([dx1, dradius * z2]).mul_(beta / n)
    g = torch.reciprocal(jacobian).mul_(-1.0 / n)
    ddelta = ((1 - h2) * g).sum(1, keepdim=True)
    dh = (2 * (1 - delta)) * (h * g)
    du_hat, dw, db = chain_backward(dx, dh, zt, h, coupling, u_hat, w)
    dc = (du_hat * w).sum(1, keepdim=True)
    dwu = (ddelta + dc / ww) * torch.sigmoid(wu) - dc / ww
    dw = dw + c * du_hat - (2 * dc * c / ww) * w + dwu * u
    return value, du_hat + dwu * w, dw, db


def hand_stepper():
    size = LAYERS * DIM
    theta = torch.cat([p.flatten() for p in initial_parameters()])
    u, w, b = theta[:size].view(LAYERS, DIM), theta[size : 2 * size].view(LAYERS, DIM), theta[2 * size :]
    gradient, first, second = torch.empty_like(theta), torch.zeros_like(theta), torch.zeros_like(theta)
    step = 0

    def run():
        nonlocal step
        _, du, dw, db = free_energy_and_gradient(torch.randn(BATCH, DIM), u, w, b, annealing(step))
        step += 1
        torch.cat((du.flatten(), dw.flatten(), db), out=gradient)
        first.lerp_(gradient, 0.1)
        second.mul_(0.999).addcmul_(gradient, gradient, value=0.001)
        scale = (second / (1 - 0.999**step)).sqrt_().add_(1e-8)
        theta.addcdiv_(first, scale, value=-LEARNING_RATE / (1 - 0.9**step))

    return run


def check_versions(scripted):
    z = torch.randn(BATCH, DIM)
    parameters = [p.requires_grad_() for p in initial_parameters()]
    expected = free_energy(z, *parameters, 0.5)
    gradients = torch.autograd.grad(expected, parameters)
    agree("scripted", scripted(z, *parameters, 0.5), expected)
    with torch.no_grad():
        value, *by_hand = free_energy_and_gradient(z, *parameters, 0.5)
    agree("by hand", value, expected)
    for one, other in zip(by_hand, gradients):
        agree("by hand, gradient", one, other)


if __name__ == "__main__":
    torch.manual_seed(1)
    scripted = torch.jit.script(free_energy)
    check_versions(scripted)
    timings = {
        "autograd": seconds(autograd_stepper(free_energy), repeats=7, calls=100),
        "scripted": seconds(autograd_stepper(scripted), repeats=7, calls=100),
    }
    with torch.no_grad():
        timings["by hand"] = seconds(hand_stepper(), repeats=7, calls=100)
    report(timings)
