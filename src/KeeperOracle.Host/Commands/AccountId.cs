using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Commands;

/// <summary>An account as people write it: OWNER:NUMBER, an owner alone for number 0, or the 32-byte id (owner in the upper 20 bytes).</summary>
internal static class AccountId
{
    public static string Format(Address owner, BigInteger number) => $"{Eip55.Format(owner)}:{number.ToString(CultureInfo.InvariantCulture)}";

    public static string Format(Hash32 account)
    {
        var bytes = account.ToBytes();
        return Format(new Address(bytes.AsSpan(0, 20)), new BigInteger(bytes.AsSpan(20), isUnsigned: true, isBigEndian: true));
    }

    /// <summary>The id, or what is wrong with the text.</summary>
    public static (Hash32 Account, string? Problem) Parse(string text)
    {
        if (text.Length == 66 && !text.Contains(':'))
        {
            try
            {
                return (Hash32.FromHex(text), null);
            }
            catch (FormatException malformed)
            {
                return (default, malformed.Message);
            }
        }

        var parts = text.Split(':');
        if (parts.Length > 2)
        {
            return (default, "more than one colon");
        }

        if (!Eip55.TryParse(parts[0], out var owner, out var problem))
        {
            return (default, problem);
        }

        ulong number = 0;
        if (parts.Length == 2 && !ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            return (default, $"'{parts[1]}' is no account number");
        }

        Span<byte> id = stackalloc byte[32];
        owner.CopyTo(id);
        BinaryPrimitives.WriteUInt64BigEndian(id[24..], number);
        return (new Hash32(id), null);
    }
}
