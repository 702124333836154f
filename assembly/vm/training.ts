// Many training steps in one call
//
//   per step: batch → prologue → body over all chunks → fold → epilogue → clip → optimizer
//
// The schedules come as arrays, one value per step of the run. A step whose loss or gradient is not finite is skipped and counted:
// the step number advances (so that the next one draws other random numbers), the optimizer's state does not. An update that takes a
// parameter beyond its limit ends the run at that step: what the caller may look at between runs is then always in its domain.
//
// The loss is the mean over the rows of the batch. It is a free energy on samples that the program draws itself, or a negative log
// likelihood on rows of a dataset. These are drawn without replacement: the dataset is shuffled before each epoch, a batch is a stretch
// of that order, and what is left at its end, less than a batch, is left out of the epoch. Which rows a step has depends on the key and
// the step alone.

import { Job, Optimizer, Scalar, Shuffle, Training } from '../opcodes';
import { adam } from '../optimizers/adam';
import { rmsProp } from '../optimizers/rms-prop';
import { sgd } from '../optimizers/sgd';
import { shuffle } from '../random/shuffle';
import { clearTotal, openPhase, runEpilogue, runPhase, runPrologue } from './phase';

/**
 * Run the steps of a training record that are not done yet; fewer when too many in a row had to be skipped, or a parameter escaped.
 *
 * @param worker the caller's number, 0 outside the crew
 * @returns whether it is finished; if not, another thread is at its chunk still: call again
 */
export function train(training: usize, worker: i32): bool {
  const job = load<usize>(training, Training.Job);
  const data = load<usize>(job, Job.Data);
  const total = load<usize>(job, Job.Total);
  const count = load<i32>(training, Training.ParameterCount);
  const loss = total + (<usize>count << 3);
  const perRow = 1 / <f64>load<i32>(job, Job.Rows);
  const rates = load<usize>(training, Training.LearningRates);
  const annealing = load<usize>(training, Training.Annealing);
  const trace = load<usize>(training, Training.Trace);
  const steps = load<i32>(training, Training.Steps);

  for (let k = load<i32>(training, Training.StepsDone); k < steps; k++) {
    const offset = <usize>k << 3;
    if (load<i32>(training, Training.StepIsOpen) == 0) {
      store<i32>(training, 1, Training.StepIsOpen);
      if (load<usize>(training, Training.Order)) drawBatch(training, job);
      f64.store(data + (<usize>Scalar.LogQ << 3), perRow);
      f64.store(data + (<usize>Scalar.LogP << 3), -f64.load(annealing + offset) * perRow);
      runPrologue(job);
      clearTotal(job);
      openPhase(job);
    }
    if (!runPhase(job, worker)) return false;
    store<i32>(training, 0, Training.StepIsOpen);
    store<i32>(training, k + 1, Training.StepsDone);
    runEpilogue(job);
    store<i32>(job, load<i32>(job, Job.Step) + 1, Job.Step);

    const mean = f64.load(loss) * perRow;
    const norm2 = squaredNorm(total, count);
    f64.store(trace + offset, mean);
    if (isFinite(mean) && isFinite(norm2)) {
      clip(total, count, norm2, load<f64>(training, Training.ClipNorm));
      memory.copy(load<usize>(training, Training.LastGood), load<usize>(job, Job.Parameters), <usize>count << 3);
      update(training, job, f64.load(rates + offset));
      store<i32>(training, 0, Training.SkippedInARow);
      if (isBeyond(load<usize>(job, Job.Parameters), load<usize>(training, Training.Limits), count)) {
        store<i32>(training, 1, Training.Escaped);
        return true;
      }
    } else {
      const inARow = load<i32>(training, Training.SkippedInARow) + 1;
      store<i32>(training, load<i32>(training, Training.Skipped) + 1, Training.Skipped);
      store<i32>(training, inARow, Training.SkippedInARow);
      if (inARow >= load<i32>(training, Training.SkipLimit)) return true;
    }
  }
  return true;
}

/** Say which rows of the dataset the step has, after shuffling them where it begins an epoch. */
function drawBatch(training: usize, job: usize): void {
  const order = load<usize>(training, Training.Order);
  const count = load<i32>(training, Training.OrderCount);
  const rows = load<i32>(job, Job.Rows);
  const step = load<i32>(job, Job.Step);
  const batches = count / rows;
  const epoch = step / batches;
  if (load<i32>(training, Training.Epoch) != epoch) {
    const scratch = load<usize>(training, Training.ShuffleScratch);
    shuffle(order, scratch, count, load<u32>(job, Job.KeyLow), load<u32>(job, Job.KeyHigh), epoch + 1, Shuffle.Stream);
    store<i32>(training, epoch, Training.Epoch);
  }
  store<usize>(job, order + (<usize>((step - epoch * batches) * rows) << 2), Job.Order);
}

function update(training: usize, job: usize, learningRate: f64): void {
  const parameters = load<usize>(job, Job.Parameters);
  const gradient = load<usize>(job, Job.Total);
  const first = load<usize>(training, Training.FirstMoment);
  const second = load<usize>(training, Training.SecondMoment);
  const count = load<i32>(training, Training.ParameterCount);
  const h0 = load<f64>(training, Training.Hyper0);
  const h1 = load<f64>(training, Training.Hyper1);
  const h2 = load<f64>(training, Training.Hyper2);
  switch (load<i32>(training, Training.Optimizer)) {
    case Optimizer.Adam: {
      const power0 = load<f64>(training, Training.Power0) * h0;
      const power1 = load<f64>(training, Training.Power1) * h1;
      store<f64>(training, power0, Training.Power0);
      store<f64>(training, power1, Training.Power1);
      adam(parameters, first, second, gradient, count, learningRate, h0, h1, h2, power0, power1);
      break;
    }
    case Optimizer.RmsProp:
      rmsProp(parameters, first, second, gradient, count, learningRate, h0, h1, h2);
      break;
    default:
      sgd(parameters, first, gradient, count, learningRate, h0);
  }
}

/** Scale the gradient down to the given norm; 0 leaves it. */
function clip(gradient: usize, count: i32, norm2: f64, limit: f64): void {
  if (limit <= 0 || norm2 <= limit * limit) return;
  const scale = limit / sqrt(norm2);
  const end = gradient + (<usize>count << 3);
  for (let at = gradient; at < end; at += 8) f64.store(at, f64.load(at) * scale);
}

function squaredNorm(x: usize, count: i32): f64 {
  let sum: f64 = 0;
  const end = x + (<usize>count << 3);
  for (let at = x; at < end; at += 8) sum += f64.load(at) * f64.load(at);
  return sum;
}

/** Whether the absolute value of any element is above its limit, or NaN. */
function isBeyond(x: usize, limits: usize, count: i32): bool {
  const end = <usize>count << 3;
  for (let i: usize = 0; i < end; i += 8) if (!(abs(f64.load(x + i)) <= f64.load(limits + i))) return true;
  return false;
}
