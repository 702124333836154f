/** The numbers of the element-wise functions: shared by assembly/ and src/, so that the two cannot drift. */
export enum UnaryFunction {
  Exp = 0,
  Expm1 = 1,
  Log = 2,
  Log1p = 3,
  Tanh = 4,
  Sigmoid = 5,
  Softplus = 6,
  Sqrt = 7,
  Sin = 8,
  Cos = 9,
  NormalCdf = 10,
  Atan = 11,
}
