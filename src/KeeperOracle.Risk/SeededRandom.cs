using System.Numerics;

namespace KeeperOracle.Risk;

/// <summary>
/// The one source of randomness of the risk engine: xoshiro256++ (Blackman and Vigna 2019), its state filled by splitmix64 from a seed.
/// The same seed gives the same numbers on every machine. Not for keys.
/// </summary>
public sealed class SeededRandom
{
    private ulong _s0, _s1, _s2, _s3;

    public SeededRandom(ulong seed)
    {
        _s0 = SplitMix(ref seed);
        _s1 = SplitMix(ref seed);
        _s2 = SplitMix(ref seed);
        _s3 = SplitMix(ref seed);
    }

    public ulong NextBits()
    {
        unchecked
        {
            var result = BitOperations.RotateLeft(_s0 + _s3, 23) + _s0;
            var t = _s1 << 17;
            _s2 ^= _s0;
            _s3 ^= _s1;
            _s1 ^= _s2;
            _s0 ^= _s3;
            _s2 ^= t;
            _s3 = BitOperations.RotateLeft(_s3, 45);
            return result;
        }
    }

    /// <summary>Uniform inside (0, 1), never an end: the middle of one of 2^52 equal cells.</summary>
    public double NextUniform() => ((NextBits() >> 12) + 0.5) * (1.0 / (1L << 52));

    /// <summary>Standard normal, by the quantile function: one uniform a draw.</summary>
    public double NextNormal() => Elementary.NormalQuantile(NextUniform());

    /// <summary>A whole number from 0 to <paramref name="exclusive"/> - 1, without bias that matters: the upper half of a 128-bit product.</summary>
    public int NextInt(int exclusive)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusive);
        return (int)Math.BigMul(NextBits(), (ulong)exclusive, out _);
    }

    private static ulong SplitMix(ref ulong state)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
