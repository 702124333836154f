"""Values and gradients of the operations and densities of models, by mpmath in fifty digits: writes tables.json beside it.

    python3 test/model/tables.py        (Debian: python3-mpmath)

A case is [arguments, value, gradient, the largest term]: tolerances are relative to 1 + that."""

import json
from pathlib import Path

from mpmath import atan, erf, erfc, exp, expm1, log, loggamma, mp, mpf, ncdf, pi, psi, sqrt, tanh

mp.dps = 50


def log1p(x):
    return mp.log1p(x)


def sigmoid(x):
    return 1 / (1 + exp(-x))


def softplus(x):
    return log1p(exp(x))


def log_ncdf(x):
    return log(erfc(-x / sqrt(mpf(2))) / 2)


def lbeta(a, b):
    return loggamma(a) + loggamma(b) - loggamma(a + b)


def choose(n, y):
    return loggamma(n + 1) - loggamma(y + 1) - loggamma(n - y + 1)


HALF_LOG_2PI = log(2 * pi) / 2
ANY = [-700.0, -37.5, -5.0, -1.0, -0.3, -1e-9, 1e-300, 0.2, 1.0, 2.5, 36.0, 700.0]
POSITIVE = [1e-300, 1e-8, 0.03, 0.5, 1.0, 1.4616321449683622, 2.0, 3.7, 9.99, 10.0, 55.5, 1e6, 1e15]
NEGATIVE = [-745.0, -50.0, -3.0, -0.7, -0.69, -0.1, -1e-10, -1e-300]
SMALL = [-30.0, -3.0, -0.7, -1e-8, 1e-9, 0.4, 0.5, 0.6, 1.5, 5.0, 26.0]
PAIRS = [(a, b) for a in (-40.0, -1.5, 0.3, 2.0, 1e5) for b in (-700.0, -2.0, 1e-6, 0.7, 33.0)]

# name: (function of the arguments → its terms, arguments)
FUNCTIONS = {
    "add": (lambda a, b: [a, b], PAIRS),
    "sub": (lambda a, b: [a, -b], PAIRS),
    "mul": (lambda a, b: [a * b], PAIRS),
    "div": (lambda a, b: [a / b], PAIRS),
    "pow": (lambda a, b: [a**b], [(a, b) for a in (1e-9, 0.2, 1.0, 3.5, 1e8) for b in (-5.5, -0.3, 0.7, 2.5, 12.0)]),
    "maximum": (lambda a, b: [max(a, b)], PAIRS),
    "minimum": (lambda a, b: [min(a, b)], PAIRS),
    "logAddExp": (lambda a, b: [max(a, b), log1p(exp(-abs(a - b)))], PAIRS),
    "logDiffExp": (lambda a, b: [a, log(-expm1(b - a))], [(3.0, 2.0), (0.0, -800.0), (-5.0, -5.0 - 1e-7), (700.0, 690.0)]),
    "logMix": (
        lambda p, a, b: [log(p * exp(a) + (1 - p) * exp(b))],
        [(p, a, b) for p in (1e-9, 0.3, 0.999) for a, b in ((-1.0, 2.0), (-400.0, 30.0), (5.0, 5.0))],
    ),
    "neg": (lambda x: [-x], ANY),
    "abs": (lambda x: [abs(x)], ANY),
    "square": (lambda x: [x * x], ANY),
    "sqrt": (lambda x: [sqrt(x)], POSITIVE),
    "reciprocal": (lambda x: [1 / x], [-7.0, -0.01, 1e-8, 0.3, 1e9]),
    "exp": (lambda x: [exp(x)], ANY),
    "expm1": (lambda x: [expm1(x)], ANY),
    "log": (lambda x: [log(x)], POSITIVE),
    "log1p": (lambda x: [log1p(x)], [-0.999, -0.3, -1e-12, 1e-200, 0.5, 1e12]),
    "log1mExp": (lambda x: [log(-expm1(x))], NEGATIVE),
    "sin": (lambda x: [mp.sin(x)], SMALL),
    "atan": (lambda x: [atan(x)], [-1e9, -3.0, -1.0, -0.42, -1e-8, 1e-300, 0.4, 0.9, 1.5, 2.4142, 30.0, 1e150]),
    "cos": (lambda x: [mp.cos(x)], SMALL),
    "tanh": (lambda x: [tanh(x)], SMALL),
    "sigmoid": (lambda x: [sigmoid(x)], ANY),
    "logSigmoid": (lambda x: [-softplus(-x)], ANY),
    "logit": (lambda p: [log(p), -log1p(-p)], [1e-300, 1e-9, 0.3, 0.5, 0.9999999]),
    "softplus": (lambda x: [softplus(x)], ANY),
    "lgamma": (lambda x: [loggamma(x)], POSITIVE),
    "digamma": (lambda x: [psi(0, x)], POSITIVE[1:]),
    "lbeta": (lambda a, b: [loggamma(a), loggamma(b), -loggamma(a + b)], [(1e-5, 3.0), (0.5, 0.5), (40.0, 7.0), (1e5, 1e-3), (2e5, 3e5)]),
    "erf": (lambda x: [erf(x)], SMALL),
    "normalCdf": (lambda x: [ncdf(x)], SMALL),
    "normalLogCdf": (lambda x: [log_ncdf(x)], [-1e4, -300.0, -39.5, -38.5, -20.0, -1.0, -1e-9, 0.3, 5.0, 8.0, 30.0]),
}

LOCATION_SCALE = [(y, m, s) for y, m in ((0.3, -1.0), (50.0, 2.0), (-1e4, 3.0)) for s in (1e-3, 0.8, 200.0)]
ON_POSITIVE = [(y, a, b) for y in (1e-8, 0.4, 3.0, 80.0) for a, b in ((0.3, 2.0), (1.0, 0.5), (7.5, 30.0))]
COUNTS = [0.0, 1.0, 7.0, 300.0]


def normal(y, m, s):
    return [-(((y - m) / s) ** 2) / 2, -log(s), -HALF_LOG_2PI]


def cauchy(y, m, s):
    return [-log1p(((y - m) / s) ** 2), -log(s), -log(pi)]


def student(y, nu, m, s):
    h = (nu + 1) / 2
    return [loggamma(h), -loggamma(nu / 2), -log(nu * pi) / 2, -log(s), -h * log1p(((y - m) / s) ** 2 / nu)]


LOG_2 = log(mpf(2))
SCALES = [(y, s) for y in (1e-6, 0.5, 40.0, 1e4) for s in (1e-2, 1.0, 25.0)]

# Arguments that are data stand first: (function, how many are data, arguments).
DENSITIES = {
    "normal": (normal, 0, LOCATION_SCALE),
    "lognormal": (lambda y, m, s: [*normal(log(y), m, s), -log(y)], 0, ON_POSITIVE),
    "studentT": (student, 0, [(y, nu, m, s) for nu in (0.7, 4.0, 200.0) for y, m, s in LOCATION_SCALE]),
    "cauchy": (cauchy, 0, LOCATION_SCALE),
    "halfNormal": (lambda y, s: [*normal(y, 0, s), LOG_2], 0, SCALES),
    "halfCauchy": (lambda y, s: [*cauchy(y, 0, s), LOG_2], 0, SCALES),
    "halfStudentT": (lambda y, nu, s: [*student(y, nu, 0, s), LOG_2], 0, [(y, 3.0, s) for y, s in SCALES]),
    "exponential": (lambda y, r: [log(r), -r * y], 0, SCALES),
    "gamma": (lambda y, a, r: [a * log(r), (a - 1) * log(y), -loggamma(a), -r * y], 0, ON_POSITIVE),
    "inverseGamma": (lambda y, a, s: [a * log(s), -(a + 1) * log(y), -loggamma(a), -s / y], 0, ON_POSITIVE),
    "beta": (
        lambda y, a, b: [(a - 1) * log(y), (b - 1) * log1p(-y), -lbeta(a, b)],
        0,
        [(y, a, b) for y in (1e-9, 0.3, 0.9999) for a, b in ((0.4, 0.4), (1.0, 6.0), (300.0, 20.0))],
    ),
    "uniform": (lambda y, a, b: [-log(b - a)], 1, [(0.3, 0.0, 1.0), (-2.0, -7.0, 1e3)]),
    "laplace": (lambda y, m, s: [-abs(y - m) / s, -log(s), -LOG_2], 0, LOCATION_SCALE),
    "logistic": (lambda y, m, s: [-(y - m) / s, -2 * softplus(-(y - m) / s), -log(s)], 0, LOCATION_SCALE),
    "weibull": (
        lambda y, k, s: [log(k), -log(s), (k - 1) * (log(y) - log(s)), -((y / s) ** k)],
        0,
        [(y, k, s) for y in (1e-6, 0.5, 4.0) for k in (0.5, 1.0, 3.5) for s in (0.4, 9.0)],
    ),
    "bernoulli": (lambda y, p: [log(p) if y == 1 else log1p(-p)], 1, [(y, p) for y in (0.0, 1.0) for p in (1e-9, 0.4, 0.99999)]),
    "bernoulliLogit": (lambda y, t: [y * t, -softplus(t)], 1, [(y, t) for y in (0.0, 1.0) for t in (-700.0, -3.0, 0.1, 40.0)]),
    "binomial": (
        lambda y, n, p: [choose(n, y), y * log(p), (n - y) * log1p(-p)],
        2,
        [(y, n, p) for y, n in ((0.0, 5.0), (5.0, 5.0), (3.0, 900.0)) for p in (1e-6, 0.3, 0.999)],
    ),
    "binomialLogit": (
        lambda y, n, t: [choose(n, y), y * t, -n * softplus(t)],
        2,
        [(y, n, t) for y, n in ((0.0, 5.0), (5.0, 5.0), (3.0, 900.0)) for t in (-30.0, 0.2, 25.0)],
    ),
    "poisson": (lambda y, r: [y * log(r), -r, -loggamma(y + 1)], 1, [(y, r) for y in COUNTS for r in (1e-8, 0.7, 400.0)]),
    "poissonLog": (lambda y, t: [y * t, -exp(t), -loggamma(y + 1)], 1, [(y, t) for y in COUNTS for t in (-30.0, 0.3, 8.0)]),
    "negativeBinomial": (
        lambda y, m, d: [loggamma(y + d), -loggamma(y + 1), -loggamma(d), -y * log1p(d / m), -d * log1p(m / d)],
        1,
        [(y, m, d) for y in COUNTS for m in (1e-3, 5.0, 800.0) for d in (0.05, 3.0, 1e4)],
    ),
}



DIGITS = 250


def series(first, ratio):
    """first (1 + ratio(0) (1 + ratio(1) (1 + …))), whose terms are positive and fall in the end."""
    term = total = first
    least = mpf(10) ** -mp.dps
    n = 0
    while term > total * least:
        term *= ratio(n)
        total += term
        n += 1
    return total


def gamma_tail(a, x, above=False):
    """ln P(a, x), or ln Q(a, x), by the power series of P or, far out, by Legendre's continued fraction of Q."""
    with mp.workdps(DIGITS):
        if x <= 0:
            return [mpf(0)] if above else [mpf("-inf")]
        constant = a * log(x) - x - loggamma(a)
        if x > 40 and x > 2 * a:
            q = exp(constant) / fraction(a, x)
            return [log(q) if above else log1p(-q)]
        p = series(exp(constant) / a, lambda n: x / (a + 1 + n))
        return [log1p(-p) if above else log(p)]


def fraction(a, x):
    """x + 1 − a − 1 (1 − a) / (x + 3 − a − 2 (2 − a) / (x + 5 − a − …)), by Lentz's method."""
    b = x + 1 - a
    value = c = b
    d = mpf(0)
    n = 0
    while True:
        n += 1
        part = -n * (n - a)
        b += 2
        d = 1 / (b + part * d)
        c = b + part / c
        value *= c * d
        if abs(c * d - 1) < mpf(10) ** (10 - DIGITS):
            return value


def beta_tail(a, b, p, q):
    """ln I_x(a, b) at x : 1 − x = p : q, by the power series in x or in 1 − x."""
    with mp.workdps(DIGITS):
        x, y = p / (p + q), q / (p + q)

        def share(a, b, x, y):
            constant = exp(a * log(x) + b * log(y) - lbeta(a, b)) / a
            return series(constant, lambda n: x * (a + b + n) / (a + 1 + n))

        is_direct = x < 0.99 if x < a / (a + b) else y > 0.99
        return [log(share(a, b, x, y)) if is_direct else log1p(-share(b, a, y, x))]


def student_tail(nu, t):
    """ln P(T ≤ t)"""
    with mp.workdps(DIGITS):
        if t == 0:
            return [-log(mpf(2))]
        if t < -1:
            return [beta_tail(nu / 2, mpf(1) / 2, nu, t * t)[0] - log(mpf(2))]
        within = exp(beta_tail(mpf(1) / 2, nu / 2, t * t, nu)[0])
        return [log((1 + within if t > 0 else 1 - within) / 2)]


GAMMAS = [
    *ON_POSITIVE,
    *[(x, a, 1.0) for a in (1e-12, 1e-5, 0.05) for x in (1e-250, 1e-9, 0.02, 0.9, 1.1, 40.0)],
    *[(x, a, 1.0) for a, x in ((9.99, 10.0), (10.0, 3.0), (10.0, 30.0), (150.0, 149.9), (150.0, 300.0), (5000.0, 4500.0), (1e5, 1.01e5))],
    (0.5, 9.97e4, 2e5),
]
INVERSE_GAMMAS = [(1 / y, a, r) for y, a, r in GAMMAS]
BETAS = [
    *[(y, a, b) for y in (1e-9, 0.3, 0.9999) for a, b in ((0.4, 0.4), (1.0, 6.0), (300.0, 20.0))],
    *[(y, a, b) for y in (1e-200, 1e-4, 0.6, 1 - 1e-12) for a, b in ((1e-9, 1e-9), (1e-6, 3.0), (2.0, 1e-7), (0.02, 500.0))],
    *[(0.25, 2.5e4, 7.5e4), (0.2502, 2.5e4, 7.5e4), (0.245, 2.5e4, 7.5e4), (0.5, 1e4, 9.8e3), (1e-5, 1.0, 1e5), (3e-5, 0.3, 1e5)],
]
STUDENTS = [
    *[(y, nu, m, s) for nu in (0.7, 4.0, 200.0) for y, m, s in LOCATION_SCALE[:6]],
    *[(t, nu, 0.0, 1.0) for nu in (0.01, 1.0, 30.0, 1e7) for t in (-7.0, -1.0, -0.999, -1e-5, 1e-100, 0.8, 3.0)],
    *[(1.5, 3.0, 1.5, 2.0), (-1e150, 0.3, 0.0, 1.0), (-1e5, 40.0, 0.0, 2.0)],
]
HALF_STUDENTS = [*[(y, 3.0, s) for y, s in SCALES], *[(y, nu, 1.0) for nu in (0.05, 1e6) for y in (1e-100, 0.9, 1.0, 4.0)]]
POISSONS = [(y, r) for y in COUNTS for r in (1e-8, 0.7, 310.0, 700.0)]
BINOMIALS = [(y, n, p) for y, n in ((0.0, 5.0), (4.0, 5.0), (3.0, 900.0), (450.0, 900.0)) for p in (1e-200, 1e-6, 0.3, 0.52, 0.9999)]
LOGITS = [(y, n, t) for y, n, _ in BINOMIALS[::5] for t in (-500.0, -6.0, 0.2, 25.0)]
NEGATIVE_BINOMIALS = [(y, m, d) for y in COUNTS for m in (1e-3, 5.0, 800.0) for d in (0.05, 3.0, 1e4)]

CAUCHY = [*LOCATION_SCALE, (0.3, 0.3, 2.0), (-1e200, 2.0, 1e3), (1e200, 2.0, 1e3), (-0.7, 0.0, 0.7)]
# of counts, how many arguments stand first that are data
BERNOULLIS = [(y, p) for y in (0.0, 1.0) for p in (1e-9, 0.4, 0.99999)]
COUNTED = {"bernoulli": 1, "bernoulliLogit": 1, "binomial": 2, "binomialLogit": 2, "poisson": 1, "poissonLog": 1, "negativeBinomial": 1}

LOG_CDFS = {
    "normal": (lambda y, m, s: [log_ncdf((y - m) / s)], LOCATION_SCALE[:6] + [(-100.0, 0.0, 2.0), (9.0, 0.0, 1.0)]),
    "lognormal": (lambda y, m, s: [log_ncdf((log(y) - m) / s)], ON_POSITIVE),
    "cauchy": (lambda y, m, s: [log(mp.acot((m - y) / s) / pi if y < m else 1 - mp.acot((y - m) / s) / pi)], CAUCHY),
    "halfNormal": (lambda y, s: [log(erf(y / s / sqrt(mpf(2))))], [*SCALES[:4], (0.5, 0.4), (1.0, 1.0), (50.0, 7.0)]),
    "halfCauchy": (lambda y, s: [log(2 * atan(y / s) / pi)], SCALES),
    "studentT": (lambda y, nu, m, s: student_tail(nu, (y - m) / s), STUDENTS),
    "halfStudentT": (lambda y, nu, s: beta_tail(mpf(1) / 2, nu / 2, (y / s) ** 2, nu), HALF_STUDENTS),
    "gamma": (lambda y, a, r: gamma_tail(a, r * y), GAMMAS),
    "inverseGamma": (lambda y, a, s: gamma_tail(a, s / y, above=True), INVERSE_GAMMAS),
    "beta": (lambda y, a, b: beta_tail(a, b, y, 1 - y), BETAS),
    "bernoulli": (lambda y, p: [log1p(-p) if y < 1 else 0], BERNOULLIS),
    "bernoulliLogit": (lambda y, t: [-softplus(t) if y < 1 else 0], [(y, t) for y in (0.0, 1.0) for t in (-700.0, -3.0, 40.0)]),
    "binomial": (lambda y, n, p: beta_tail(n - y, y + 1, 1 - p, p), BINOMIALS),
    "binomialLogit": (lambda y, n, t: beta_tail(n - y, y + 1, mpf(1), exp(t)), LOGITS),
    "poisson": (lambda y, r: gamma_tail(y + 1, r, above=True), POISSONS),
    "poissonLog": (lambda y, t: gamma_tail(y + 1, exp(t), above=True), [(y, t) for y in COUNTS for t in (-30.0, 0.3, 6.0)]),
    "negativeBinomial": (lambda y, m, d: beta_tail(d, y + 1, d, m), NEGATIVE_BINOMIALS),
    "logistic": (lambda y, m, s: [-softplus(-(y - m) / s)], LOCATION_SCALE),
    "exponential": (lambda y, r: [log(-expm1(-r * y))], SCALES),
    "weibull": (
        lambda y, k, s: [log(-expm1(-((y / s) ** k)))],
        [(y, k, s) for y in (1e-6, 0.5, 4.0) for k in (0.5, 1.0, 3.5) for s in (0.4, 9.0)],
    ),
    "laplace": (lambda y, m, s: [log(exp((y - m) / s) / 2) if y < m else log1p(-exp(-(y - m) / s) / 2)], LOCATION_SCALE),
    "uniform": (lambda y, a, b: [log(y - a), -log(b - a)], [(0.3, 0.0, 1.0), (-2.0, -7.0, 1e3)]),
}
LOG_CCDFS = {
    "normal": (lambda y, m, s: [log_ncdf(-(y - m) / s)], LOCATION_SCALE[:6] + [(-9.0, 0.0, 1.0), (100.0, 0.0, 2.0)]),
    "lognormal": (lambda y, m, s: [log_ncdf(-(log(y) - m) / s)], ON_POSITIVE),
    "cauchy": (lambda y, m, s: [log(mp.acot((y - m) / s) / pi if y > m else 1 - mp.acot((m - y) / s) / pi)], CAUCHY),
    "halfNormal": (lambda y, s: [log(erfc(y / s / sqrt(mpf(2))))], [(y, s) for y, s in SCALES if y < 1000 * s]),
    "halfCauchy": (lambda y, s: [log(2 * atan(s / y) / pi)], SCALES),
    "studentT": (lambda y, nu, m, s: student_tail(nu, (m - y) / s), STUDENTS),
    "halfStudentT": (lambda y, nu, s: beta_tail(nu / 2, mpf(1) / 2, nu, (y / s) ** 2), HALF_STUDENTS),
    "gamma": (lambda y, a, r: gamma_tail(a, r * y, above=True), GAMMAS),
    "inverseGamma": (lambda y, a, s: gamma_tail(a, s / y), INVERSE_GAMMAS),
    "beta": (lambda y, a, b: beta_tail(b, a, 1 - y, y), BETAS),
    "bernoulli": (lambda y, p: [log(p) if y < 1 else mpf("-inf")], BERNOULLIS[:3]),
    "bernoulliLogit": (lambda y, t: [-softplus(-t)], [(0.0, t) for t in (-700.0, -3.0, 40.0)]),
    "binomial": (lambda y, n, p: beta_tail(y + 1, n - y, p, 1 - p), BINOMIALS),
    "binomialLogit": (lambda y, n, t: beta_tail(y + 1, n - y, exp(t), mpf(1)), LOGITS),
    "poisson": (lambda y, r: gamma_tail(y + 1, r), POISSONS),
    "poissonLog": (lambda y, t: gamma_tail(y + 1, exp(t)), [(y, t) for y in COUNTS for t in (-30.0, 0.3, 6.0)]),
    "negativeBinomial": (lambda y, m, d: beta_tail(y + 1, d, m, d), NEGATIVE_BINOMIALS),
    "logistic": (lambda y, m, s: [-softplus((y - m) / s)], LOCATION_SCALE),
    "exponential": (lambda y, r: [-r * y], SCALES),
    "weibull": (lambda y, k, s: [-((y / s) ** k)], LOG_CDFS["weibull"][1]),
    "laplace": (lambda y, m, s: [log1p(-exp((y - m) / s) / 2) if y < m else -(y - m) / s - LOG_2], LOCATION_SCALE),
    "uniform": (lambda y, a, b: [log(b - y), -log(b - a)], [(0.3, 0.0, 1.0), (-2.0, -7.0, 1e3)]),
}


def log_sum_exp(x):
    return log(sum((exp(each) for each in x), mpf(0)))


def product(a, b):
    return [sum((left * right for left, right in zip(row, column)), mpf(0)) for row in a for column in zip(*b)]


def factor(a):
    n = len(a)
    l = [[mpf(0)] * n for _ in range(n)]
    for j in range(n):
        for i in range(j, n):
            rest = a[i][j] - sum((l[i][k] * l[j][k] for k in range(j)), mpf(0))
            l[i][j] = sqrt(rest) if i == j else rest / l[j][j]
    return l


def solve(l, b):
    x = []
    for row, value in zip(l, b):
        x.append((value - sum((c * known for c, known in zip(row, x)), mpf(0))) / row[len(x)])
    return x


def running(x):
    return [sum(x[: k + 1], mpf(0)) for k in range(len(x))]


def gauss(y, m, l):
    z = solve(l, [a - b for a, b in zip(y, m)])
    return [-sum(each**2 for each in z) / 2 - sum(log(l[k][k]) for k in range(len(z))) - HALF_LOG_2PI * len(z)]


def lkj(l, concentration):
    """L of a correlation matrix of density ∝ det^(η − 1)."""
    (eta,), n = concentration, len(l)
    constant = sum(k * log(pi) / 2 + loggamma(eta + mpf(n - 1 - k) / 2) - loggamma(eta + mpf(n - 1) / 2) for k in range(1, n))
    return [sum((n - i - 3 + 2 * eta) * log(l[i][i]) for i in range(1, n)) - constant]


COVARIANCE = [[2.0, 0.3, -0.5], [0.3, 1.5, 0.2], [-0.5, 0.2, 0.9]]
NEARLY_SINGULAR = [[1.0, 0.999999, 0.5], [0.999999, 1.0, 0.5], [0.5, 0.5, 1e4]]
FACTOR = [[1.3, 0.0, 0.0], [-0.4, 1e-3, 0.0], [20.0, 0.7, 5.0]]

# Functions of vectors and matrices: outputs, and arguments. A case's value is Σ (k + 1) output_k.
VECTORS = {
    "sum": (lambda x: [sum(x)], [([1.5, -2.0, 1e5],), ([0.1],)]),
    "mean": (lambda x: [sum(x) / len(x)], [([1.5, -2.0, 1e5],)]),
    "cumulativeSum": (running, [([1.5, -2.0, 0.25, 1e5],)]),
    "logSumExp": (lambda x: [log_sum_exp(x)], [([1.0, -3.0, 0.5],), ([-900.0, 800.0],), ([-1e3, -1e3, -1e3],)]),
    "logSoftmax": (lambda x: [each - log_sum_exp(x) for each in x], [([1.0, -3.0, 0.5],), ([-900.0, 800.0],)]),
    "dot": (lambda a, b: [sum(x * y for x, y in zip(a, b))], [([1.0, -2.0, 1e4], [0.3, 1e-3, 2.0])]),
    "matmul": (
        lambda a, b: product(a, b) if isinstance(b[0], list) else product(a, [[each] for each in b]),
        [([[1.0, 2.0, -3.0], [0.5, 1e3, 7.0]], [0.3, -2.0, 1e-3]), ([[1.0, 2.0], [0.5, -7.0], [3.0, 4.0]], [[1.5, -2.0], [0.25, 9.0]])],
    ),
    "transpose": (lambda a: [each for column in zip(*a) for each in column], [([[1.0, 2.0, -3.0], [0.5, 1e3, 7.0]],)]),
    "diagonal": (lambda a: [a[k][k] for k in range(len(a))], [(COVARIANCE,)]),
    "cholesky": (lambda a: [each for row in factor(a) for each in row], [(COVARIANCE,), (NEARLY_SINGULAR,), ([[1e-300]],)]),
    "lowerSolve": (solve, [(FACTOR, [1.0, -2.0, 30.0])]),
    "multivariateNormal": (lambda y, m, a: gauss(y, m, factor(a)), [([0.3, 1.0, -2.0], [0.0, 5.0, 1.0], COVARIANCE)]),
    "multivariateNormalCholesky": (gauss, [([0.3, 1.0, -2.0], [0.0, 5.0, 1.0], FACTOR)]),
    "lkjCholesky": (lkj, [([[1.0, 0.0, 0.0], [0.6, 0.8, 0.0], [-0.3, 0.1, 0.9]], [2.5]), ([[1.0, 0.0], [1.0, 1e-9]], [0.3])]),
    "dirichlet": (
        lambda y, a: [loggamma(sum(a)) - sum(loggamma(each) for each in a) + sum((c - 1) * log(x) for c, x in zip(a, y))],
        [([0.2, 0.7, 0.1], [0.3, 4.0, 100.0]), ([1e-9, 0.999999999], [2.0, 0.5])],
    ),
}


def softmax_at(y, x):
    """ln softmax of one row for each of the categories, or of a vector for all of them."""
    if not isinstance(y, list):
        return [x[y] - log_sum_exp(x)]
    rows = x if isinstance(x[0], list) else [x] * len(y)
    return [row[k] - log_sum_exp(row) for k, row in zip(y, rows)]


def ordered_logistic(y, eta, cuts):
    """ln(σ(c_y − η) − σ(c_{y − 1} − η)), as differences of the tails that are small"""
    (t,) = eta
    above = sigmoid(t - cuts[y - 1]) if y > 0 else mpf(1)
    rest = sigmoid(t - cuts[y]) if y < len(cuts) else mpf(0)
    return [log(above - rest)]


CUTS = [-1.5, 0.25, 3.0]
CLOSE_CUTS = [-2.0, -2.0 + 1e-7, 40.0]

# Densities of categories, which are data and stand first; as vectors else.
CATEGORIES = {
    "categoricalLogit": (
        softmax_at,
        [
            (2, [0.3, -1.0, 2.5]),
            (0, [-900.0, 800.0, 0.1]),
            (1, [1e-9, 2e-9]),
            ([0, 2, 2], [0.3, -1.0, 2.5]),
            ([1, 0], [[0.3, -1.0, 2.5], [40.0, 41.0, -700.0]]),
        ],
    ),
    "orderedLogistic": (
        ordered_logistic,
        [(y, [eta], cuts) for y in range(4) for eta, cuts in ((0.4, CUTS), (-30.0, CUTS), (60.0, CUTS), (-1.0, CLOSE_CUTS))],
    ),
}


def vector_case(function, arguments):
    shapes = [shape(each) for each in arguments]
    flat = [value for each in arguments for value in flatten(each)]

    def terms(*values):
        rest = list(values)
        outputs = function(*[shaped(rest, lengths) for lengths in shapes])
        return [(k + 1) * output for k, output in enumerate(outputs)]

    _, value, gradient, largest = case(terms, flat)
    return [arguments, value, gradient, largest]


def shape(argument):
    return [len(argument)] if not isinstance(argument[0], list) else [len(argument), len(argument[0])]


def flatten(argument):
    return [value for row in argument for value in row] if isinstance(argument[0], list) else argument


def shaped(rest, lengths):
    if len(lengths) == 1:
        return [rest.pop(0) for _ in range(lengths[0])]
    return [[rest.pop(0) for _ in range(lengths[1])] for _ in range(lengths[0])]


def case(terms, arguments, data=0):
    exact = [mpf(argument) for argument in arguments]
    parts = terms(*exact)

    def along(k):
        def moved(x):
            return sum(terms(*exact[:k], x, *exact[k + 1 :]), mpf(0))

        # a step far below the argument, in digits that bear it
        size = abs(exact[k]) if exact[k] != 0 else mpf(1)
        with mp.workdps(450):
            h = size * mpf(10) ** -45
            return (moved(exact[k] + h) - moved(exact[k] - h)) / (2 * h)

    gradient = [along(k) for k in range(data, len(exact))]
    return [list(arguments), float(sum(parts, mpf(0))), [float(g) for g in gradient], float(max(abs(part) for part in parts))]


def table(functions, data={}):
    rows = {}
    for name, (terms, arguments) in functions.items():
        rows[name] = [case(terms, each if isinstance(each, tuple) else (each,), data.get(name, 0)) for each in arguments]
    return rows


if __name__ == "__main__":
    tables = {
        "operations": table(FUNCTIONS),
        "logDensity": {
            name: {"data": data, "cases": [case(terms, each, data) for each in arguments]}
            for name, (terms, data, arguments) in DENSITIES.items()
        },
        "vectors": {name: [vector_case(function, each) for each in arguments] for name, (function, arguments) in VECTORS.items()},
        "categories": {
            name: [[each[0], *vector_case(lambda *values, y=each[0]: function(y, *values), each[1:])] for each in arguments]
            for name, (function, arguments) in CATEGORIES.items()
        },
        "logCdf": table(LOG_CDFS, COUNTED),
        "logCcdf": table(LOG_CCDFS, COUNTED),
    }
    text = json.dumps(tables, separators=(",", ":")).replace("]],", "]],\n").replace("},", "},\n")
    Path(__file__).with_name("tables.json").write_text(text + "\n")
