"""A masked autoregressive flow, 5 layers in 64 dimensions. The log density of 10 000 rows: with the masks multiplied in at
every call, as libraries do; beforehand; and in chunks that stay in cache. Drawing 1000 rows: a pass of the whole network for
each feature, which transforms all features, as libraries do; the same with the masks multiplied in beforehand and one feature
transformed; and incrementally, where each feature computes only the units of its own degree, with a row a sample,
and from slices of the weights, features in rows so that every slice is contiguous."""

from torch_flow import TIMING, Case, apart, in_chunks, network, read_layers, standard_normal
from torch_peer import agree, report, seconds, torch

DIM, LAYERS, HIDDEN = 64, 5, [128, 128]
ROWS, SAMPLES, CHUNK = 10_000, 1000, 1000

DEGREES = [sorted(1 + unit % (DIM - 1) for unit in range(width)) for width in HIDDEN]


def masks():
    features, outputs = torch.arange(DIM), torch.arange(DIM).repeat(2)
    first, second = (torch.tensor(degrees) for degrees in DEGREES)
    return [first[:, None] > features, second[:, None] >= first, outputs[:, None] >= second]


MASKS = [mask.double() for mask in masks()]


def read(vector):
    networks = read_layers(vector, [DIM, *HIDDEN, 2 * DIM], LAYERS)
    return [[*layers[:-1], apart(layers[-1], 2)] for layers in networks]


def masked(networks):
    return [[(weight * mask, bias) for (weight, bias), mask in zip(layers, MASKS)] for layers in networks]


def flipped(k, x, axis):
    """Every second layer takes the features backwards."""
    return x if k % 2 == 0 else x.flip(axis)


def inverse(x, networks):
    """z and ln |det dz/dx| of x [rows, DIM], by networks whose masks are multiplied in."""
    log_det = 0.0
    for k in reversed(range(LAYERS)):
        x = flipped(k, x, 1)
        shift, raw = network(x, networks[k]).chunk(2, 1)
        x = flipped(k, torch.addcmul(shift, x, torch.exp(raw)), 1)
        log_det = log_det + raw.sum(1)
    return x, log_det


def log_prob(x, networks):
    z, log_det = inverse(x, networks)
    return standard_normal(z) + log_det


def by_whole_passes(z, networks):
    """x and ln |det dx/dz|."""
    log_det = 0.0
    for k, layers in enumerate(networks):
        z = flipped(k, z, 1)
        x = torch.zeros_like(z)
        for _ in range(DIM):
            shift, raw = network(x, masked([layers])[0]).chunk(2, 1)
            x = (z - shift) * torch.exp(-raw)
            layer_log_det = -raw.sum(1)
        z = flipped(k, x, 1)
        log_det = log_det + layer_log_det
    return z, log_det


def by_passes(z, networks):
    for k, layers in enumerate(networks):
        z = flipped(k, z, 1)
        x = torch.zeros_like(z)
        for i in range(DIM):
            shift, raw = network(x, layers).chunk(2, 1)
            x[:, i] = (z[:, i] - shift[:, i]) * torch.exp(-raw[:, i])
        z = flipped(k, x, 1)
    return z


def by_samples(z, networks):
    """Samples in rows: units and features are columns, and their slices are views."""
    first, second = (torch.empty(z.shape[0], width) for width in HIDDEN)
    ends = [[sum(d <= i for d in degrees) for i in range(-1, DIM)] for degrees in DEGREES]
    for k, ((w1, b1), (w2, b2), (w3, b3)) in enumerate(networks):
        z = flipped(k, z, 1)
        x = torch.zeros_like(z)
        for i in range(DIM):
            (a1, e1), (a2, e2) = (end[i : i + 2] for end in ends)
            first[:, a1:e1] = torch.relu(x[:, :i] @ w1[a1:e1, :i].t() + b1[a1:e1])
            second[:, a2:e2] = torch.relu(first[:, :e1] @ w2[a2:e2, :e1].t() + b2[a2:e2])
            shift, raw = (second[:, :e2] @ w3[i::DIM, :e2].t() + b3[i::DIM]).unbind(1)
            x[:, i] = (z[:, i] - shift) * torch.exp(-raw)
        z = flipped(k, x, 1)
    return z


def slices(layers):
    """For each feature: the units of its degree and those up to it, in both hidden layers, and the weights between."""
    (w1, b1), (w2, b2), (w3, b3) = layers
    steps = []
    for i in range(DIM):
        (a1, e1), (a2, e2) = ((sum(d < i for d in degrees), sum(d <= i for d in degrees)) for degrees in DEGREES)
        steps.append(
            (
                (a1, e1, w1[a1:e1, :i].contiguous(), b1[a1:e1, None].contiguous()),
                (a2, e2, w2[a2:e2, :e1].contiguous(), b2[a2:e2, None].contiguous()),
                (w3[i::DIM, :e2].contiguous(), b3[i::DIM, None].contiguous()),
            )
        )
    return steps


def by_features(z, sliced):
    """z and the result feature-major, [DIM, rows]."""
    first, second = (torch.empty(width, z.shape[1]) for width in HIDDEN)
    for k, steps in enumerate(sliced):
        z = flipped(k, z, 0)
        x = torch.empty_like(z)
        for i, ((a1, e1, w1, b1), (a2, e2, w2, b2), (w3, b3)) in enumerate(steps):
            if e1 > a1:
                torch.addmm(b1, w1, x[:i], out=first[a1:e1]).relu_()
            if e2 > a2:
                torch.addmm(b2, w2, first[:e1], out=second[a2:e2]).relu_()
            shift, raw = torch.addmm(b3, w3, second[:e2]).unbind(0)
            torch.mul(z[i] - shift, raw.neg_().exp_(), out=x[i])
        z = flipped(k, x, 0)
    return z


def time_density(networks):
    x, known = torch.randn(ROWS, DIM), masked(networks)
    return {
        "masks in each call": seconds(lambda: log_prob(x, masked(networks)), repeats=5),
        "masks beforehand": seconds(lambda: log_prob(x, known), repeats=5),
        "chunked": seconds(in_chunks(log_prob, x, known, CHUNK), repeats=5),
    }


def time_sampling(networks):
    known = masked(networks)
    sliced = [slices(layers) for layers in known]
    z = inverse(case.x, known)[0]
    agree("by whole passes", by_whole_passes(z, networks)[0], case.x)
    agree("by passes", by_passes(z, known), case.x)
    agree("by samples", by_samples(z, known), case.x)
    agree("by features", by_features(z.t().contiguous(), sliced).t(), case.x)
    return {
        "a pass a feature": seconds(lambda: by_whole_passes(torch.randn(SAMPLES, DIM), networks), repeats=1),
        "a lean pass a feature": seconds(lambda: by_passes(torch.randn(SAMPLES, DIM), known), repeats=1),
        "incremental": seconds(lambda: by_samples(torch.randn(SAMPLES, DIM), known), repeats=5),
        "incremental, feature-major": seconds(
            lambda: by_features(torch.randn(DIM, SAMPLES), sliced).t().contiguous(), repeats=5
        ),
    }


if __name__ == "__main__":
    torch.manual_seed(1)
    case = Case()
    case.check("MAF", lambda x, networks: log_prob(x, masked(networks)), read)
    with torch.no_grad():
        networks = read(case.parameters)
        report(time_density(networks) if TIMING == "density" else time_sampling(networks))
