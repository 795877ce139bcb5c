using System.Text;
using KeeperOracle.Primitives;
using Org.BouncyCastle.Crypto.Digests;

namespace KeeperOracle.Chain.Signing;

/// <summary>Keccak-256 as Ethereum uses it: with Keccak's own padding, before NIST changed it for SHA-3.</summary>
public static class Keccak
{
    public static Hash32 Hash(ReadOnlySpan<byte> data)
    {
        var digest = new KeccakDigest(256);
        digest.BlockUpdate(data);
        Span<byte> hash = stackalloc byte[32];
        digest.DoFinal(hash);
        return new Hash32(hash);
    }

    /// <summary>Of the text's UTF-8.</summary>
    public static Hash32 HashText(string text) => Hash(Encoding.UTF8.GetBytes(text));
}
