using System.Globalization;
using System.Text;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Signing;

/// <summary>EIP-191, version 0x45: the digest that wallets sign for a text ("personal_sign").</summary>
public static class PersonalMessage
{
    public static Hash32 Digest(ReadOnlySpan<byte> message)
    {
        var prefix = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\u0019Ethereum Signed Message:\n{message.Length}"));
        return Keccak.Hash([.. prefix, .. message]);
    }
}
