using KeeperOracle.Primitives;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;

namespace KeeperOracle.Chain.Signing;

/// <summary>Whose signature it is (SEC 1, section 4.1.6).</summary>
public static class SignatureRecovery
{
    /// <summary>The signer's address. Throws <see cref="FormatException"/> where the signature is not canonical or fits no key.</summary>
    public static Address Recover(Hash32 digest, Signature signature)
    {
        if (signature.Problem is { } problem)
        {
            throw new FormatException(problem);
        }

        return TryRecover(digest, signature, out var address) ? address : throw new FormatException("The signature fits no key.");
    }

    internal static bool TryRecover(Hash32 digest, Signature signature, out Address address)
    {
        address = default;
        var order = Secp256k1.Domain.N;
        var r = Secp256k1.ToCurve(signature.R);
        var encoded = new byte[33];
        encoded[0] = (byte)(2 + signature.V);
        signature.ToBytes65().AsSpan(0, 32).CopyTo(encoded.AsSpan(1));
        ECPoint point;
        try
        {
            point = Secp256k1.Domain.Curve.DecodePoint(encoded);
        }
        catch (ArgumentException)
        {
            // There is no point with this x.
            return false;
        }

        var inverse = r.ModInverse(order);
        var e = new BigInteger(1, digest.ToBytes());
        var u1 = order.Subtract(e.Mod(order)).Multiply(inverse).Mod(order);
        var u2 = Secp256k1.ToCurve(signature.S).Multiply(inverse).Mod(order);
        var key = ECAlgorithms.SumOfTwoMultiplies(Secp256k1.Domain.G, u1, point, u2).Normalize();
        if (key.IsInfinity)
        {
            return false;
        }

        address = Secp256k1.AddressOf(key);
        return true;
    }
}
