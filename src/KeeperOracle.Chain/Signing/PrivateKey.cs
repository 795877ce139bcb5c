using System.Security.Cryptography;
using KeeperOracle.Primitives;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using BouncyInteger = Org.BouncyCastle.Math.BigInteger;

namespace KeeperOracle.Chain.Signing;

// Specification of this folder.
//
// Keys, signatures, and what is signed. secp256k1 and Keccak-256 come from BouncyCastle; a signature is deterministic (RFC 6979
// with HMAC-SHA-256) and its s is in the lower half, so one key and one digest give one signature. A key's bytes stand in one
// buffer, which Dispose zeroes; BouncyCastle makes short-lived copies of the number while it signs, and those are left to the
// garbage collector: that much of a key can be in the memory of a running process. A key is never text, except inside a keystore.
// Limits: no hardware keys, and no constant-time promise against someone who measures this very process.

/// <summary>A secp256k1 private key in memory.</summary>
public sealed class PrivateKey : IDisposable
{
    private readonly byte[] _secret;
    private bool _isDisposed;

    private PrivateKey(byte[] secret)
    {
        _secret = secret;
        Address = Secp256k1.AddressOf(Secp256k1.Domain.G.Multiply(new BouncyInteger(1, secret)).Normalize());
    }

    public Address Address { get; }

    /// <summary>Copies 32 bytes; the caller zeroes its own. Throws <see cref="FormatException"/> where they are no key.</summary>
    public static PrivateKey FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != 32)
        {
            throw new FormatException($"A private key has 32 bytes, not {bytes.Length}.");
        }

        var number = new System.Numerics.BigInteger(bytes, isUnsigned: true, isBigEndian: true);
        if (number.IsZero || number >= Secp256k1.Order)
        {
            throw new FormatException("The private key is zero or not under the order of the curve.");
        }

        var secret = GC.AllocateUninitializedArray<byte>(32, pinned: true);
        bytes.CopyTo(secret);
        return new PrivateKey(secret);
    }

    /// <summary>A new key from the system's random source.</summary>
    public static PrivateKey Generate()
    {
        Span<byte> bytes = stackalloc byte[32];
        try
        {
            while (true)
            {
                RandomNumberGenerator.Fill(bytes);
                var number = new System.Numerics.BigInteger(bytes, isUnsigned: true, isBigEndian: true);
                if (!number.IsZero && number < Secp256k1.Order)
                {
                    return FromBytes(bytes);
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    public Signature SignDigest(Hash32 digest)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var signer = new ECDsaSigner(new HMacDsaKCalculator(new Sha256Digest()));
        signer.Init(true, new ECPrivateKeyParameters(new BouncyInteger(1, _secret), Secp256k1.Domain));
        var pair = signer.GenerateSignature(digest.ToBytes());
        var s = Secp256k1.FromCurve(pair[1]);
        s = s > Secp256k1.HalfOrder ? Secp256k1.Order - s : s;
        for (byte parity = 0; parity < 2; parity++)
        {
            var signature = new Signature(Secp256k1.FromCurve(pair[0]), s, parity);
            if (SignatureRecovery.TryRecover(digest, signature, out var found) && found == Address)
            {
                return signature;
            }
        }

        throw new CryptographicException("The signature does not give back its own key.");
    }

    /// <summary>Gives the bytes to a writer of keystores; nothing else asks.</summary>
    internal void CopySecretTo(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _secret.CopyTo(destination);
    }

    public void Dispose()
    {
        _isDisposed = true;
        CryptographicOperations.ZeroMemory(_secret);
    }

    /// <summary>The address, never the key.</summary>
    public override string ToString() => $"key of {Eip55.Format(Address)}";
}
