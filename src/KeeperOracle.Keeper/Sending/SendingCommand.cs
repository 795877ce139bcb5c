using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Sending;

/// <summary>What a book of transactions wants done, in this order.</summary>
public abstract record SendingCommand;

/// <summary>Simulate at the head, then answer with <see cref="Prepared"/> or <see cref="NotPrepared"/>.</summary>
public sealed record Prepare(string Purpose, Address Signer) : SendingCommand;

/// <summary>Sign, make intent and bytes durable, answer with <see cref="Recorded"/> or <see cref="NotRecorded"/>; only then send, and answer.</summary>
public sealed record Send(string Purpose, Address Signer, ulong Nonce, ulong GasLimit, BigInteger MaxFee, BigInteger Tip) : SendingCommand;

/// <summary>The same with the nonce of an intent that exists: with higher fees, or as an empty transaction of the signer to itself.</summary>
public sealed record Replace(string Purpose, Address Signer, ulong Nonce, long IntentId, bool IsCancel, ulong GasLimit, BigInteger MaxFee, BigInteger Tip) : SendingCommand;

/// <summary>The very bytes of an attempt once more.</summary>
public sealed record Resend(long IntentId, Hash32 Hash) : SendingCommand;

/// <summary>Write the outcome down, then tell it.</summary>
public sealed record Settle(long IntentId, string Purpose, SendEnd End, ulong Block, string Detail) : SendingCommand;

/// <summary>A reorganisation took the outcome back.</summary>
public sealed record Reopen(long IntentId, string Purpose) : SendingCommand;

/// <summary>No reorganisation reaches it any more.</summary>
public sealed record Conclude(long IntentId, ulong Block) : SendingCommand;

/// <summary>Tell that a request ended without a signature.</summary>
public sealed record GiveUp(string Purpose, SendEnd End, string Detail) : SendingCommand;

/// <summary>Somebody has to look.</summary>
public sealed record Alarm(SendingAlarm Kind, Address Signer, string Detail) : SendingCommand;

public enum SendingAlarm
{
    /// <summary>The chain has a higher nonce than was ever signed here: the key is used elsewhere. The signer stops.</summary>
    ForeignNonce,

    /// <summary>A nonce that was signed here was spent by other bytes than ours.</summary>
    NonceTaken,

    /// <summary>The chain went back behind a block that it had called final. The signer stops.</summary>
    FinalityBroken,

    /// <summary>A transaction waits and its ceiling allows no higher fee.</summary>
    OverCeiling,

    LowFunds,

    /// <summary>A node refuses the bytes for a reason that is none of those above.</summary>
    Refused,

    /// <summary>An ended action's old bytes can be mined again, and its purpose has been given to another since.</summary>
    EffectMayRepeat,
}
