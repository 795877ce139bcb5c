using KeeperOracle.Primitives;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;
using Integer = System.Numerics.BigInteger;

namespace KeeperOracle.Chain.Signing;

/// <summary>The curve, and what BouncyCastle's numbers are in .NET's. The custom curve is 20 times faster than the generic one.</summary>
internal static class Secp256k1
{
    private static readonly X9ECParameters Parameters = CustomNamedCurves.GetByName("secp256k1");

    public static ECDomainParameters Domain { get; } = new(Parameters);

    public static Integer Order { get; } = FromCurve(Domain.N);

    public static Integer HalfOrder { get; } = Order >> 1;

    /// <summary>p: x of a point is smaller than this.</summary>
    public static BigInteger FieldPrime { get; } = Domain.Curve.Field.Characteristic;

    public static Integer FromCurve(BigInteger number) => new(number.ToByteArrayUnsigned(), isUnsigned: true, isBigEndian: true);

    public static BigInteger ToCurve(Integer number) => new(1, number.ToByteArray(isUnsigned: true, isBigEndian: true));

    /// <summary>The last 20 bytes of the Keccak-256 of the point's 64 bytes.</summary>
    public static Address AddressOf(ECPoint point)
    {
        Span<byte> hash = stackalloc byte[32];
        Keccak.Hash(point.GetEncoded(compressed: false).AsSpan(1)).CopyTo(hash);
        return new Address(hash[12..]);
    }
}
