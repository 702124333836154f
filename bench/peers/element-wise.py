"""Seconds per element of the element-wise functions, over 100 000 doubles, into the same array every time."""

from torch_peer import report, seconds, torch

COUNT = 100_000


def softplus(x, out):
    return torch._C._nn.softplus(x, out=out)


FUNCTIONS = {
    "exp": torch.exp,
    "log": torch.log,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": softplus,
    "sin": torch.sin,
    "cos": torch.cos,
}

if __name__ == "__main__":
    x = torch.linspace(-8, 8, COUNT)
    out = torch.empty(COUNT)
    timings = {}
    for name, function in FUNCTIONS.items():
        argument = x.exp() if name == "log" else x
        timings[name] = seconds(lambda: function(argument, out=out), repeats=15, calls=20) / COUNT
    report(timings)
