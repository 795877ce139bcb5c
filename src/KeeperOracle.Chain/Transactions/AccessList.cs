using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Transactions;

/// <summary>An account that a transaction says beforehand it will touch, and which of its storage slots.</summary>
public sealed record AccessListEntry(Address Account, IReadOnlyList<Hash32> StorageKeys);

/// <summary>The list of them in a transaction (EIP-2930): [[address, [slot, ...]], ...]. Order and repetition matter: they are signed.</summary>
internal static class AccessList
{
    public static byte[] Encode(IReadOnlyList<AccessListEntry> list) => Rlp.EncodeList([.. list.Select(Encode)]);

    /// <summary>Throws <see cref="FormatException"/> where an address has not 20 bytes or a slot not 32.</summary>
    public static IReadOnlyList<AccessListEntry> Read(RlpItem item) => [.. item.Items.Select(ReadEntry)];

    private static byte[] Encode(AccessListEntry entry) => Rlp.EncodeList(
        Rlp.EncodeAddress(entry.Account), Rlp.EncodeList([.. entry.StorageKeys.Select(key => Rlp.EncodeBytes(key.ToBytes()))]));

    private static AccessListEntry ReadEntry(RlpItem item)
    {
        if (item.Items.Count != 2)
        {
            throw new FormatException($"An entry of an access list has 2 fields, not {item.Items.Count}.");
        }

        return new AccessListEntry(new Address(item.Items[0].Bytes), [.. item.Items[1].Items.Select(key => new Hash32(key.Bytes))]);
    }
}
