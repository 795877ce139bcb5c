using System.Runtime.Intrinsics;

namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// ln of a product of many positive numbers, in four lanes: the product of the mantissas and, apart, the sum of the exponents, so that
/// nothing over- or underflows and one logarithm serves them all. What is added at once must itself lie between 2^-1022 and 2^1023.
/// </summary>
internal struct LogarithmSum
{
    private const double Ln2 = 0.69314718055994530942;

    private Vector256<long> _exponents;
    private Vector256<double> _mantissas;

    /// <summary>The product of nothing.</summary>
    public static LogarithmSum Empty => new() { _mantissas = Vector256<double>.One };

    /// <summary>The sum of the lanes, in one order on every machine.</summary>
    public static double Lanes(Vector256<double> value) => (value[0] + value[1]) + (value[2] + value[3]);

    /// <summary>The logarithm of each lane's product.</summary>
    public readonly Vector256<double> ByLane() => Vector256.Create(Lane(0), Lane(1), Lane(2), Lane(3));

    /// <summary>Multiplies the product by <paramref name="factors"/>, which are normal numbers over zero.</summary>
    public void Add(Vector256<double> factors)
    {
        _mantissas = Split(_mantissas * Split(factors));
    }

    /// <summary>The logarithm of the product of all lanes.</summary>
    public readonly double Total() => (Lane(0) + Lane(1)) + (Lane(2) + Lane(3));

    private readonly double Lane(int lane) => Math.FusedMultiplyAdd(_exponents[lane], Ln2, Elementary.Log(_mantissas[lane]));

    /// <summary>Adds the exponents to the sum and leaves the mantissas, between 1 and 2.</summary>
    private Vector256<double> Split(Vector256<double> value)
    {
        var bits = value.AsInt64();
        _exponents += Vector256.ShiftRightLogical(bits, 52) - Vector256.Create(1023L);
        return ((bits & Vector256.Create(0x000F_FFFF_FFFF_FFFFL)) | Vector256.Create(0x3FF0_0000_0000_0000L)).AsDouble();
    }
}
