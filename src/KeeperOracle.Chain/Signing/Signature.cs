using System.Numerics;

namespace KeeperOracle.Chain.Signing;

/// <summary>A secp256k1 signature: R and S as numbers, V as the parity of R's y (0 or 1).</summary>
public readonly record struct Signature(BigInteger R, BigInteger S, byte V)
{
    public const int Length = 65;

    /// <summary>r || s || v with v as 27 or 28, as contracts take it.</summary>
    public byte[] ToBytes65()
    {
        var bytes = new byte[Length];
        WriteNumber(R, bytes.AsSpan(0, 32));
        WriteNumber(S, bytes.AsSpan(32, 32));
        bytes[64] = (byte)(27 + V);
        return bytes;
    }

    /// <summary>Strict: 65 bytes, v is 27 or 28, r and s in range, s in its lower half. Throws <see cref="FormatException"/>.</summary>
    public static Signature FromBytes65(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new FormatException($"A signature has {Length} bytes, not {bytes.Length}.");
        }

        if (bytes[64] is not (27 or 28))
        {
            throw new FormatException($"The last byte of a signature is 27 or 28, not {bytes[64]}.");
        }

        var signature = new Signature(
            new BigInteger(bytes[..32], isUnsigned: true, isBigEndian: true),
            new BigInteger(bytes[32..64], isUnsigned: true, isBigEndian: true),
            (byte)(bytes[64] - 27));
        return signature.Problem is { } problem ? throw new FormatException(problem) : signature;
    }

    /// <summary>Why the signature is not canonical, or null. Of the two values of s that verify only the lower is accepted (EIP-2).</summary>
    public string? Problem =>
        V > 1 ? $"The parity of a signature is 0 or 1, not {V}."
        : R.Sign <= 0 || R >= Secp256k1.Order ? "The r of the signature is out of range."
        : S.Sign <= 0 || S >= Secp256k1.Order ? "The s of the signature is out of range."
        : S > Secp256k1.HalfOrder ? "The s of the signature is in its upper half: the signature is malleable."
        : null;

    private static void WriteNumber(BigInteger value, Span<byte> destination) =>
        value.TryWriteBytes(destination[(32 - value.GetByteCount(isUnsigned: true))..], out _, isUnsigned: true, isBigEndian: true);
}
