using System.Numerics;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Proofs;

// Specification of this folder.
//
// What a contract held in a slot after a block, from eth_getProof, held against the state root of that block: the twin of contracts/libraries/StorageProof.sol.
// A node is believed in nothing here. Each trie node must hash to what its parent (at the top: the root) names, byte for byte; the path is that of
// keccak(key); the account's leaf is RLP [nonce, balance, storage root, code hash], the slot's the RLP of the value without leading zeros; RLP is canonical;
// and no node is left over. Only what is there is proved, as the contracts want it: a slot that holds zero is in no trie, and is refused as absent.
// Every "no" is a ProofRefusal by name. Limits: MaximumNodes a proof (64 nibbles and the leaf), MaximumNodeBytes a node.

/// <summary>A slot with what a node says of it.</summary>
public sealed record SlotProof(Hash32 Slot, BigInteger Value, byte[][] Proof);

/// <summary>An account with some of its slots, as a node answered.</summary>
public sealed record AccountProof(Address Account, byte[][] Proof, IReadOnlyList<SlotProof> Slots);

/// <summary>Why a proof does not hold. Names are kept for good: operators alert on them.</summary>
public enum ProofRefusalCode
{
    /// <summary>A node of the trie does not hash to what its parent names: these bytes belong to no state under this root.</summary>
    ProofNotOfRoot,

    /// <summary>No RLP in its one form, or no node of a trie.</summary>
    ProofMalformed,

    /// <summary>The proof ends, and shows nothing for the key.</summary>
    ProofOfNothing,

    /// <summary>More nodes, or longer ones, than a proof can have, or some after its end.</summary>
    ProofTooLong,

    /// <summary>The proof holds, for another value than the node said beside it.</summary>
    ValueNotProved,
}

/// <param name="Detail">which part, in words</param>
public sealed record ProofRefusal(ProofRefusalCode Code, string Detail)
{
    public override string ToString() => $"{Code}: {Detail}";
}

/// <summary>Holds answers of eth_getProof against a state root.</summary>
public static class StorageProofs
{
    internal const int MaximumNodes = 65;
    internal const int MaximumNodeBytes = 1024;
    private const int AccountFields = 4;
    private const int StorageRootField = 2;

    /// <summary>Null where every slot is proved under the root with the value beside it.</summary>
    public static ProofRefusal? Check(Hash32 stateRoot, AccountProof answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var (root, refusal) = StorageRoot(stateRoot, answer.Account, answer.Proof);
        if (root is not { } storage)
        {
            return refusal;
        }

        foreach (var slot in answer.Slots)
        {
            var (value, problem) = SlotValue(storage, slot.Slot, slot.Proof);
            if (problem is not null)
            {
                return problem;
            }

            if (value != slot.Value)
            {
                return new ProofRefusal(ProofRefusalCode.ValueNotProved, $"slot {slot.Slot} holds {value}, the node said {slot.Value}");
            }
        }

        return null;
    }

    /// <summary>The storage root of an account under a state root.</summary>
    public static (Hash32? Root, ProofRefusal? Refusal) StorageRoot(Hash32 stateRoot, Address account, IReadOnlyList<byte[]> proof)
    {
        var what = $"account {Eip55.Format(account)}";
        var (leaf, refusal) = TrieWalk.Find(stateRoot, Keccak.Hash(account.ToBytes()), proof, what);
        if (leaf is null)
        {
            return (null, refusal);
        }

        try
        {
            var fields = Rlp.Decode(leaf).Items;
            return fields.Count == AccountFields && fields[StorageRootField].Bytes.Length == 32
                ? (new Hash32(fields[StorageRootField].Bytes), null)
                : (null, new ProofRefusal(ProofRefusalCode.ProofMalformed, $"the leaf of {what} is no account"));
        }
        catch (FormatException problem)
        {
            return (null, new ProofRefusal(ProofRefusalCode.ProofMalformed, $"the leaf of {what}: {problem.Message}"));
        }
    }

    /// <summary>The value of a slot under a storage root; never zero.</summary>
    public static (BigInteger? Value, ProofRefusal? Refusal) SlotValue(Hash32 storageRoot, Hash32 slot, IReadOnlyList<byte[]> proof)
    {
        var what = $"slot {slot}";
        var (leaf, refusal) = TrieWalk.Find(storageRoot, Keccak.Hash(slot.ToBytes()), proof, what);
        if (leaf is null)
        {
            return (null, refusal);
        }

        try
        {
            var value = Rlp.Decode(leaf).Number(256);
            return value.IsZero ? (null, new ProofRefusal(ProofRefusalCode.ProofMalformed, $"{what} holds zero, which no trie does")) : (value, null);
        }
        catch (FormatException problem)
        {
            return (null, new ProofRefusal(ProofRefusalCode.ProofMalformed, $"the leaf of {what}: {problem.Message}"));
        }
    }
}
