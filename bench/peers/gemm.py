"""The three matrix products of a dense layer, 128 x 128 x 128, each into a tensor that is there: y = W x + b, dx = W^T dy, dW += dy x^T."""

from torch_peer import report, seconds, torch

SIZE = 128

if __name__ == "__main__":
    x, dy, weight = (torch.randn(SIZE, SIZE) for _ in range(3))
    y, dx, d_weight, bias = (torch.zeros(SIZE, SIZE) for _ in range(4))
    products = {
        "y": lambda: torch.addmm(bias, weight, x, out=y),
        "dx": lambda: torch.mm(weight.t(), dy, out=dx),
        "dW": lambda: torch.addmm(d_weight, dy, x.t(), out=d_weight),
    }
    report({name: seconds(call, repeats=20, calls=20) for name, call in products.items()})
