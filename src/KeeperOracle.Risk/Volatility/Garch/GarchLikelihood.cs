using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// The log-likelihood of <see cref="Garch11"/> without its constant, with analytic gradient, Hessian and outer product of the scores, at
/// one point. Parameters in the order mu, omega, alpha, beta; matrices row by row, 4 x 4.
/// <code>
/// l   = -1/2 (ln h + q/h),  q = e^2,  d_i = h_i / h,  u = q/h,  f = e/h
/// l_i = 1/2 (u - 1) d_i  [+ f for mu]
/// l_ij = 1/2 (u - 1) h_ij/h + (1/2 - u) d_i d_j  [- f d_j for (mu, j); for (mu, mu) twice that, - 1/h]
/// </code>
/// The derivatives of h follow h's own recursion; h_1 depends on mu through mean(e^2). omega enters linearly, so that of the second
/// derivatives with omega or alpha alone only those with beta (and alpha with mu) are not zero.
/// <para>
/// A block of samples is first run through the recursions in order, then summed four samples at a time. The logarithms are taken of
/// products, whose exponents are added apart: one logarithm for the whole series.
/// </para>
/// </summary>
internal sealed class GarchLikelihood
{
    private const int BlockLength = 64;
    // The rows of a block: e, h and its derivatives come from the recursions; Scores puts weights and ratios in the place of some of them.
    private const int E = 0, H = 1, Mu = 2, Omega = 3, Alpha = 4, Beta = 5;
    private const int MuMu = 6, MuAlpha = 7, MuBeta = 8, OmegaBeta = 9, AlphaBeta = 10, BetaBeta = 11;
    private const int OverH = 12, First = 13, Second = 14, Pull = 15, Rows = 16;

    private readonly double[] _block = new double[Rows * BlockLength];
    private readonly Vector256<double>[] _gradient = new Vector256<double>[4];
    private readonly Vector256<double>[] _hessian = new Vector256<double>[10];
    private readonly Vector256<double>[] _outer = new Vector256<double>[10];

    /// <summary>-1/2 sum(ln h + q/h).</summary>
    public double Value { get; private set; }

    public double[] Gradient { get; } = new double[4];

    public double[] Hessian { get; } = new double[16];

    public double[] OuterProduct { get; } = new double[16];

    /// <summary>h_{n+1}.</summary>
    public double NextVariance { get; private set; }

    public void Evaluate(in GarchSample sample, in GarchParameters at)
    {
        Array.Clear(_gradient);
        Array.Clear(_hessian);
        Array.Clear(_outer);
        var state = Variance.First(sample, at);
        var squares = Vector256<double>.Zero;
        var logarithms = LogarithmSum.Empty;
        for (var start = 0; start < sample.Count; start += BlockLength)
        {
            var block = sample.Y.Slice(start, Math.Min(BlockLength, sample.Count - start));
            state = Recurse(block, at, state);
            Scores(block.Length, ref squares, ref logarithms);
            Curvature(block.Length);
        }

        NextVariance = state.H;
        Value = -0.5 * (logarithms.Total() + LogarithmSum.Lanes(squares));
        Collect((4 - (sample.Count & 3)) & 3);
    }

    /// <summary>h and its derivatives for one sample.</summary>
    private struct Variance
    {
        public double H, Mu, Omega, Alpha, Beta, MuMu, MuAlpha, MuBeta, OmegaBeta, AlphaBeta, BetaBeta;

        public static Variance First(in GarchSample sample, in GarchParameters at)
        {
            var (meanSquare, slope) = (sample.MeanSquare(at.Mu), sample.MeanSquareSlope(at.Mu));
            return new Variance
            {
                H = Math.FusedMultiplyAdd(at.Persistence, meanSquare, at.Omega),
                Mu = at.Persistence * slope,
                Omega = 1,
                Alpha = meanSquare,
                Beta = meanSquare,
                MuMu = 2 * at.Persistence,
                MuAlpha = slope,
                MuBeta = slope,
            };
        }
    }

    private Variance Recurse(ReadOnlySpan<double> y, in GarchParameters at, Variance s)
    {
        var (mu, omega, alpha, beta) = at;
        ref var rows = ref MemoryMarshal.GetArrayDataReference(_block);
        for (var t = 0; t < y.Length; t++)
        {
            var e = y[t] - mu;
            var q = e * e;
            Write(ref Unsafe.Add(ref rows, t), e, s);
            s.BetaBeta = Math.FusedMultiplyAdd(beta, s.BetaBeta, 2 * s.Beta);
            s.AlphaBeta = Math.FusedMultiplyAdd(beta, s.AlphaBeta, s.Alpha);
            s.OmegaBeta = Math.FusedMultiplyAdd(beta, s.OmegaBeta, s.Omega);
            s.MuBeta = Math.FusedMultiplyAdd(beta, s.MuBeta, s.Mu);
            s.MuAlpha = Math.FusedMultiplyAdd(beta, s.MuAlpha, -2 * e);
            s.MuMu = Math.FusedMultiplyAdd(beta, s.MuMu, 2 * alpha);
            s.Beta = Math.FusedMultiplyAdd(beta, s.Beta, s.H);
            s.Alpha = Math.FusedMultiplyAdd(beta, s.Alpha, q);
            s.Omega = Math.FusedMultiplyAdd(beta, s.Omega, 1);
            s.Mu = Math.FusedMultiplyAdd(beta, s.Mu, -2 * alpha * e);
            s.H = Math.FusedMultiplyAdd(beta, s.H, Math.FusedMultiplyAdd(alpha, q, omega));
        }

        // Up to three samples that add nothing fill the last four lanes: e = 0, h = 1, no derivatives. Only 1/h counts them, and Collect
        // takes that off again.
        for (var t = y.Length; (t & 3) != 0; t++)
        {
            Write(ref Unsafe.Add(ref rows, t), 0, new Variance { H = 1 });
        }

        return s;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(ref double row, double e, in Variance s)
    {
        Unsafe.Add(ref row, E * BlockLength) = e;
        Unsafe.Add(ref row, H * BlockLength) = s.H;
        Unsafe.Add(ref row, Mu * BlockLength) = s.Mu;
        Unsafe.Add(ref row, Omega * BlockLength) = s.Omega;
        Unsafe.Add(ref row, Alpha * BlockLength) = s.Alpha;
        Unsafe.Add(ref row, Beta * BlockLength) = s.Beta;
        Unsafe.Add(ref row, MuMu * BlockLength) = s.MuMu;
        Unsafe.Add(ref row, MuAlpha * BlockLength) = s.MuAlpha;
        Unsafe.Add(ref row, MuBeta * BlockLength) = s.MuBeta;
        Unsafe.Add(ref row, OmegaBeta * BlockLength) = s.OmegaBeta;
        Unsafe.Add(ref row, AlphaBeta * BlockLength) = s.AlphaBeta;
        Unsafe.Add(ref row, BetaBeta * BlockLength) = s.BetaBeta;
    }

    /// <summary>
    /// The value, the gradient and the outer product of a block; leaves the ratios d and the weights of the Hessian in the block.
    /// </summary>
    private void Scores(int length, ref Vector256<double> squares, ref LogarithmSum logarithms)
    {
        ref var rows = ref MemoryMarshal.GetArrayDataReference(_block);
        var product = Vector256.Create(1.0);
        var half = Vector256.Create(0.5);
        Vector256<double> g0 = _gradient[0], g1 = _gradient[1], g2 = _gradient[2], g3 = _gradient[3];
        Vector256<double> o00 = _outer[0], o01 = _outer[1], o02 = _outer[2], o03 = _outer[3], o11 = _outer[4];
        Vector256<double> o12 = _outer[5], o13 = _outer[6], o22 = _outer[7], o23 = _outer[8], o33 = _outer[9];
        var sum = squares;
        for (var t = 0; t < length; t += 4)
        {
            ref var row = ref Unsafe.Add(ref rows, t);
            var h = Load(ref row, H);
            var e = Load(ref row, E);
            var inverse = Vector256<double>.One / h;
            var f = e * inverse;
            var u = e * f;
            var first = half * u - half;
            var (d0, d1) = (Load(ref row, Mu) * inverse, Load(ref row, Omega) * inverse);
            var (d2, d3) = (Load(ref row, Alpha) * inverse, Load(ref row, Beta) * inverse);
            product *= h;
            sum += u;
            var (s0, s1, s2, s3) = (Vector256.FusedMultiplyAdd(first, d0, f), first * d1, first * d2, first * d3);
            g0 += s0;
            g1 += s1;
            g2 += s2;
            g3 += s3;
            o00 = Vector256.FusedMultiplyAdd(s0, s0, o00);
            o01 = Vector256.FusedMultiplyAdd(s0, s1, o01);
            o02 = Vector256.FusedMultiplyAdd(s0, s2, o02);
            o03 = Vector256.FusedMultiplyAdd(s0, s3, o03);
            o11 = Vector256.FusedMultiplyAdd(s1, s1, o11);
            o12 = Vector256.FusedMultiplyAdd(s1, s2, o12);
            o13 = Vector256.FusedMultiplyAdd(s1, s3, o13);
            o22 = Vector256.FusedMultiplyAdd(s2, s2, o22);
            o23 = Vector256.FusedMultiplyAdd(s2, s3, o23);
            o33 = Vector256.FusedMultiplyAdd(s3, s3, o33);
            Store(d0, ref row, Mu);
            Store(d1, ref row, Omega);
            Store(d2, ref row, Alpha);
            Store(d3, ref row, Beta);
            Store(inverse, ref row, OverH);
            Store(first * inverse, ref row, First);
            Store(half - u, ref row, Second);
            Store(f, ref row, Pull);
        }

        squares = sum;
        logarithms.Add(product);
        (_gradient[0], _gradient[1], _gradient[2], _gradient[3]) = (g0, g1, g2, g3);
        (_outer[0], _outer[1], _outer[2], _outer[3], _outer[4]) = (o00, o01, o02, o03, o11);
        (_outer[5], _outer[6], _outer[7], _outer[8], _outer[9]) = (o12, o13, o22, o23, o33);
    }

    /// <summary>The Hessian of a block, from what Scores left in it.</summary>
    private void Curvature(int length)
    {
        ref var rows = ref MemoryMarshal.GetArrayDataReference(_block);
        Vector256<double> h00 = _hessian[0], h01 = _hessian[1], h02 = _hessian[2], h03 = _hessian[3], h11 = _hessian[4];
        Vector256<double> h12 = _hessian[5], h13 = _hessian[6], h22 = _hessian[7], h23 = _hessian[8], h33 = _hessian[9];
        for (var t = 0; t < length; t += 4)
        {
            ref var row = ref Unsafe.Add(ref rows, t);
            var (first, second, pull) = (Load(ref row, First), Load(ref row, Second), Load(ref row, Pull));
            var (d0, d1, d2, d3) = (Load(ref row, Mu), Load(ref row, Omega), Load(ref row, Alpha), Load(ref row, Beta));
            var c0 = (second * d0) - pull;
            var (c1, c2, c3) = (second * d1, second * d2, second * d3);
            h00 += ((c0 - pull) * d0) - Load(ref row, OverH);
            h00 = Vector256.FusedMultiplyAdd(first, Load(ref row, MuMu), h00);
            h01 = Vector256.FusedMultiplyAdd(c0, d1, h01);
            h02 = Vector256.FusedMultiplyAdd(c0, d2, Vector256.FusedMultiplyAdd(first, Load(ref row, MuAlpha), h02));
            h03 = Vector256.FusedMultiplyAdd(c0, d3, Vector256.FusedMultiplyAdd(first, Load(ref row, MuBeta), h03));
            h11 = Vector256.FusedMultiplyAdd(c1, d1, h11);
            h12 = Vector256.FusedMultiplyAdd(c1, d2, h12);
            h13 = Vector256.FusedMultiplyAdd(c1, d3, Vector256.FusedMultiplyAdd(first, Load(ref row, OmegaBeta), h13));
            h22 = Vector256.FusedMultiplyAdd(c2, d2, h22);
            h23 = Vector256.FusedMultiplyAdd(c2, d3, Vector256.FusedMultiplyAdd(first, Load(ref row, AlphaBeta), h23));
            h33 = Vector256.FusedMultiplyAdd(c3, d3, Vector256.FusedMultiplyAdd(first, Load(ref row, BetaBeta), h33));
        }

        (_hessian[0], _hessian[1], _hessian[2], _hessian[3], _hessian[4]) = (h00, h01, h02, h03, h11);
        (_hessian[5], _hessian[6], _hessian[7], _hessian[8], _hessian[9]) = (h12, h13, h22, h23, h33);
    }

    private void Collect(int padding)
    {
        var packed = 0;
        for (var i = 0; i < 4; i++)
        {
            Gradient[i] = LogarithmSum.Lanes(_gradient[i]);
            for (var j = i; j < 4; j++, packed++)
            {
                Hessian[(4 * i) + j] = Hessian[(4 * j) + i] = LogarithmSum.Lanes(_hessian[packed]);
                OuterProduct[(4 * i) + j] = OuterProduct[(4 * j) + i] = LogarithmSum.Lanes(_outer[packed]);
            }
        }

        Hessian[0] += padding;
    }

    private static Vector256<double> Load(ref double row, int index) => Vector256.LoadUnsafe(ref row, (nuint)(index * BlockLength));

    private static void Store(Vector256<double> value, ref double row, int index) =>
        value.StoreUnsafe(ref row, (nuint)(index * BlockLength));
}
