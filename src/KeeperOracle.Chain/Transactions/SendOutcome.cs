using KeeperOracle.Chain.Rpc;

namespace KeeperOracle.Chain.Transactions;

/// <summary>What a node said to a raw transaction.</summary>
public enum SendOutcomeKind
{
    /// <summary>The node has it and gave its hash.</summary>
    Accepted,

    /// <summary>The node had these very bytes already.</summary>
    AlreadyKnown,

    /// <summary>The nonce is used up; by us or by somebody else is for receipts to tell.</summary>
    NonceTooLow,

    /// <summary>Fees too low: under the base fee or the node's minimum, or not 10 % over the one it would replace.</summary>
    Underpriced,

    InsufficientFunds,

    /// <summary>Refused for another reason, which <see cref="SendOutcome.Reason"/> has in the node's words.</summary>
    Rejected,

    /// <summary>No answer, or one that makes no sense: the transaction may be on its way. Resend identical bytes; never take a new nonce.</summary>
    Unknown,
}

/// <summary>The outcome with the node's words; empty where it accepted.</summary>
public readonly record struct SendOutcome(SendOutcomeKind Kind, string Reason)
{
    /// <summary>The node has the transaction, as far as it says.</summary>
    public bool IsHeld => Kind is SendOutcomeKind.Accepted or SendOutcomeKind.AlreadyKnown;

    /// <summary>
    /// Sorts a failure by the wordings of geth (core/txpool/errors.go, core/error.go) and anvil. Codes are of no use: nearly
    /// everything is -32000 or -32003.
    /// </summary>
    public static SendOutcome Of(RpcException problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.Kind != RpcFailure.ErrorReply)
        {
            // A circuit that is open or a 429 means that the bytes were not taken, yet saying Unknown is the safe reading of both.
            return new SendOutcome(SendOutcomeKind.Unknown, problem.Message);
        }

        var words = problem.Problem;
        var known = Wordings.Where(entry => words.Contains(entry.Words, StringComparison.OrdinalIgnoreCase)).Select(entry => (SendOutcomeKind?)entry.Kind);
        return new SendOutcome(known.FirstOrDefault() ?? SendOutcomeKind.Rejected, words);
    }

    private static readonly (string Words, SendOutcomeKind Kind)[] Wordings =
    [
        ("already known", SendOutcomeKind.AlreadyKnown),
        ("already imported", SendOutcomeKind.AlreadyKnown),
        ("known transaction", SendOutcomeKind.AlreadyKnown),
        ("nonce too low", SendOutcomeKind.NonceTooLow),
        ("nonce is too low", SendOutcomeKind.NonceTooLow),
        ("underpriced", SendOutcomeKind.Underpriced),
        ("fee too low", SendOutcomeKind.Underpriced),
        ("less than block base fee", SendOutcomeKind.Underpriced),
        ("max fee per gas less than", SendOutcomeKind.Underpriced),
        ("gas price too low", SendOutcomeKind.Underpriced),
        ("below minimum", SendOutcomeKind.Underpriced),
        ("insufficient funds", SendOutcomeKind.InsufficientFunds),
        ("insufficient balance", SendOutcomeKind.InsufficientFunds),
    ];
}
