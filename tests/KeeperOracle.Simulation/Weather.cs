namespace KeeperOracle.Simulation;

/// <summary>The faults that are about at a moment, each with its chance for one use; 0 while it is not. The number is that of the fault list.</summary>
public sealed record Weather
{
    public static readonly Weather Fair = new();

    /// <summary>F01 to F05: the node does not answer, or not in a way that counts.</summary>
    public double NodeSilent { get; init; }

    /// <summary>F06: the node shows the chain as it was some blocks ago.</summary>
    public double NodeLags { get; init; }

    /// <summary>F16: no block is made.</summary>
    public double Halted { get; init; }

    /// <summary>F10, F11, F15: blocks are replaced.</summary>
    public double Reorganisation { get; init; }

    /// <summary>F10: what they held is lost.</summary>
    public double LostOnReorganisation { get; init; }

    /// <summary>F12, F42: a stranger with the key takes a nonce in a reorganisation.</summary>
    public double ForeignNonce { get; init; }

    /// <summary>F36: the pool forgets.</summary>
    public double PoolDrop { get; init; }

    /// <summary>F33, F35: the base fee is twenty times what it was.</summary>
    public double DearBlock { get; init; }

    /// <summary>F37: the node takes the bytes and its answer is lost.</summary>
    public double ReplySwallowed { get; init; }

    /// <summary>F37: the node says yes and forgets.</summary>
    public double RequestSwallowed { get; init; }

    /// <summary>F02 of a signer that is a process of its own: it signs, notes the nonce, and its answer is lost.</summary>
    public double SignerSilent { get; init; }

    /// <summary>F45: the keeper dies at a crash point.</summary>
    public double Crash { get; init; }

    /// <summary>F47, F48: the journal takes no write.</summary>
    public double JournalFull { get; init; }

    /// <summary>F18: a block's time leaps.</summary>
    public double TimeLeaps { get; init; }

    /// <summary>Several at once, of different strength; sometimes none.</summary>
    public static Weather Draw(Random random)
    {
        double Some(double most) => random.Next(3) == 0 ? random.NextDouble() * most : 0;
        return new Weather
        {
            NodeSilent = Some(0.5),
            NodeLags = Some(0.5),
            Halted = Some(0.7),
            Reorganisation = Some(0.15),
            LostOnReorganisation = Some(1),
            ForeignNonce = Some(0.2),
            PoolDrop = Some(0.3),
            DearBlock = Some(0.5),
            ReplySwallowed = Some(0.7),
            RequestSwallowed = Some(0.5),
            SignerSilent = Some(0.3),
            Crash = Some(0.1),
            JournalFull = Some(0.3),
            TimeLeaps = Some(0.2),
        };
    }
}
