# Log ratios, and what the R package loo makes of them, for psis.test.ts.
#
#   apt-get install r-cran-loo     (R 4.2.2, loo 2.5.1)
#   Rscript test/inference/psis-loo.R > test/inference/psis-loo.json && npx prettier --write test/inference/psis-loo.json
#
# Log ratios are rounded, so that the file is short and their ties are exact. JSON has no infinity: a k of Inf is null.

suppressMessages(library(loo))
set.seed(1, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")

# Ratios with a generalized Pareto distribution of shape k: one in each S-th part of it, in any order.
pareto <- function(S, k) log(expm1(-k * log((sample(S) - runif(S)) / S)) / k)
x <- rnorm(200)

cases <- list(
  # Shapes such that k, which the prior draws to 0.5, is about what the name says.
  "k -0.3" = pareto(1000, -0.46),
  "k 0.2" = pareto(500, 0.15),
  "k 0.5" = pareto(200, 0.5),
  "k 0.7" = pareto(250, 0.75),
  "k 1.2" = pareto(250, 1.4),
  "a normal density for a wider one" = dnorm(x, 0, 2, log = TRUE) - dnorm(x, log = TRUE),
  "ties at the cutoff" = sample(c(rnorm(75) - 3, rep(1, 8), 1 + rexp(17))),
  "most of the tail tied" = c(rep(0, 60), rep(1, 30), 1.5, rep(1, 5), 2, 1.25, rep(1, 2)),
  "20 draws, whose tail is too short" = rnorm(20),
  "21 draws, whose tail is just long enough" = rnorm(21),
  "a constant tail" = c(rnorm(80) - 5, rep(2, 20)),
  "a dominating ratio" = c(rnorm(99), 30),
  "one that leaves no other" = c(rnorm(99), 2000),
  "a range of ±10 000" = runif(100, -1e4, 1e4),
  "a range of ±30" = runif(100, -30, 30),
  "an offset of 10 000" = 10000 + rnorm(150),
  "an offset of -10 000" = -10000 + pareto(150, 0.4)
)

numbers <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ","), "]")
number <- function(x) if (is.finite(x)) sprintf("%.17g", x) else "null"

entry <- function(name) {
  # Through the decimals that the file has.
  logRatios <- as.numeric(sprintf("%.4f", cases[[name]]))
  result <- suppressWarnings(psis(logRatios, r_eff = 1))
  sprintf(
    '{"name":"%s","logRatios":[%s],"logWeights":%s,"paretoK":%s,"ess":%s}',
    name, paste(format(logRatios, trim = TRUE, digits = 15, scientific = FALSE, drop0trailing = TRUE), collapse = ","),
    numbers(weights(result, log = TRUE, normalize = TRUE)), number(pareto_k_values(result)), number(psis_n_eff_values(result))
  )
}

cat("[", paste(vapply(names(cases), entry, ""), collapse = ",\n"), "]\n")
