using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Proofs;

/// <summary>How liens and orders are named, hashed and stored: the twin of contracts/libraries/LienCode.sol, which is the specification.</summary>
public static class LienSlots
{
    private const int LiensPosition = 1;
    private const int OrdersPosition = 1;

    private static readonly Hash32 OrderType = Keccak.HashText(
        "Order(uint256 chainId,address collateralVault,uint256 number,uint256 hubChainId,address hub,uint64 counter,uint8 kind,uint128 units,address to,uint256 lienOut,uint128 minOut,uint64 deadline)");

    public static Hash32 KeyOf(LienId lien) => Words(words =>
    {
        words.BigUnsigned(lien.ChainId, 256);
        words.Address(lien.CollateralVault);
        words.BigUnsigned(lien.Number, 256);
    });

    /// <summary>Of the terms; the state stands in the next one.</summary>
    public static Hash32 TermsSlot(BigInteger number) => Mapping(Word(number), LiensPosition);

    public static Hash32 StateSlot(BigInteger number) => Word(Number(TermsSlot(number)) + 1);

    /// <summary>In the hub, of an order that it has issued.</summary>
    public static Hash32 OrderSlot(Hash32 lienKey, ulong counter) => Mapping(Word(counter), Number(Mapping(lienKey, OrdersPosition)));

    public static Hash32 OrderHash(Order order)
    {
        return new TypedStruct(OrderType)
            .Number(order.Lien.ChainId)
            .Address(order.Lien.CollateralVault)
            .Number(order.Lien.Number)
            .Number(order.HubChainId)
            .Address(order.Hub)
            .Number(order.Counter)
            .Number(order.Kind)
            .Number(order.Units)
            .Address(order.To)
            .Number(order.LienOut)
            .Number(order.MinOut)
            .Number(order.Deadline)
            .Hash();
    }

    /// <summary>The locator of a header in AttestedHeaders: abi.encode(uint64 number).</summary>
    public static byte[] Locator(ulong number) => Word(number).ToBytes();

    private static Hash32 Mapping(Hash32 key, BigInteger position) => Words(words =>
    {
        words.Hash(key);
        words.BigUnsigned(position, 256);
    });

    private static Hash32 Words(Action<AbiWriter> write)
    {
        var words = new AbiWriter();
        write(words);
        return Keccak.Hash(words.ToBytes());
    }

    private static BigInteger Number(Hash32 word) => new(word.ToBytes(), isUnsigned: true, isBigEndian: true);

    private static Hash32 Word(BigInteger number)
    {
        Span<byte> word = stackalloc byte[32];
        number.TryWriteBytes(word[(32 - number.GetByteCount(isUnsigned: true))..], out _, isUnsigned: true, isBigEndian: true);
        return new Hash32(word);
    }
}
