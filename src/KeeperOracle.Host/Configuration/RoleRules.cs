namespace KeeperOracle.Host.Configuration;

/// <summary>Which keys there are, who may use which, and what each use needs.</summary>
internal static class RoleRules
{
    internal static void Judge(KeeperOracleOptions options, ConfigurationUse use, ProblemList problems)
    {
        foreach (var key in options.Keys)
        {
            HolderIsOne(key, problems);
            FileExists(
                $"Keys:{key.Name}:KeystoreFile", key.KeystoreFile, "`cast wallet new` or `geth account new` makes a keystore, `keeperoracle key import` gives it the strength that `run` asks for.", problems);
            FileExists(
                $"Keys:{key.Name}:PasswordFile",
                key.PasswordFile,
                "Write the password into a file that only this user can read.",
                problems);
            FileExists(
                $"Keys:{key.Name}:TokenFile", key.Remote?.TokenFile ?? "", "Write the token into a file that only this user can read.", problems);
        }

        KeystoresDiffer(options, problems);
        Reference("Keeper:Key", options.Keeper.Key, KeyRole.Keeper, "sending transactions", options, problems);
        Reference("Keeper:ReportKey", options.Keeper.ReportKey, KeyRole.Keeper, "sending reports", options, problems);
        KeysOfTheKeeperDiffer(options.Keeper, problems);
        Reference("Oracle:Key", options.Oracle.Key, KeyRole.Oracle, "signing reports", options, problems);
        Reference("Relay:Key", options.Relay.Key, KeyRole.Keeper, "carrying proofs", options, problems);
        SourcesFit(options.Oracle, problems);
        if (use == ConfigurationUse.Keeper)
        {
            KeeperNeeds(options, problems);
        }
        else if (use == ConfigurationUse.Oracle)
        {
            OracleNeeds(options, problems);
        }
    }

    /// <summary>A key stands in a keystore with its password, or in a signer under its address.</summary>
    private static void HolderIsOne(KeyOptions key, ProblemList problems)
    {
        var path = $"Keys:{key.Name}";
        if (problems.Has($"{path}:Signer"))
        {
            return;
        }

        if (key.Remote is { } remote)
        {
            if (key.KeystoreFile.Length > 0 || key.PasswordFile.Length > 0)
            {
                var file = key.KeystoreFile.Length > 0 ? "KeystoreFile" : "PasswordFile";
                problems.Add($"{path}:{file}", null, "Signer is named too, and a key that lies here as well is not protected by it", $"Take {file} or Signer out.");
            }
            else if (remote.Address.IsZero && !problems.Has($"{path}:Address"))
            {
                problems.Add(
                    $"{path}:Address", null, "missing, and a signer's answer is held against it", "Set it to an address of 0x and 40 digits with its EIP-55 checksum.");
            }

            return;
        }

        Missing(path, "KeystoreFile", key.KeystoreFile, "without a keystore there is no key", ", or name a Signer", problems);
        Missing(path, "PasswordFile", key.PasswordFile, "without its password the keystore stays shut", "", problems);
    }

    private static void Missing(string path, string name, string value, string why, string or, ProblemList problems)
    {
        if (value.Length == 0 && !problems.Has($"{path}:{name}"))
        {
            problems.Add($"{path}:{name}", null, $"missing, and {why}", $"Set it to the path of a file{or}.");
        }
    }

    private static void KeeperNeeds(KeeperOracleOptions options, ProblemList problems)
    {
        if (options.JournalFile is null && !problems.Has("JournalFile"))
        {
            problems.Add(
                "JournalFile",
                null,
                "missing, and nothing may be signed or decided that is not written down",
                "Set it to a path on a disk that survives a restart.");
        }

        if (options.Mode == OperatingMode.Active && options.Keeper.Key is null && !problems.Has("Mode"))
        {
            problems.Add(
                "Keeper:Key",
                null,
                "missing, and mode active sends transactions",
                $"Set it to a name in {KeyTable.Section}:Keys with Role keeper, or set Mode to shadow.");
        }
    }

    private static void OracleNeeds(KeeperOracleOptions options, ProblemList problems)
    {
        if (options.Oracle.Key is null)
        {
            problems.Add(
                "Oracle:Key",
                null,
                "missing, and an oracle node signs reports",
                $"Set it to a name in {KeyTable.Section}:Keys with Role oracle.");
        }

        if (options.Oracle.RecordFile is null && !problems.Has("Oracle:RecordFile"))
        {
            problems.Add(
                "Oracle:RecordFile",
                null,
                "missing, and a node that forgets what it has attested may contradict itself",
                "Set it to a path on a disk that survives a restart; each node has its own.");
        }

        if (options.Oracle.Assets.Count == 0)
        {
            problems.Add(
                "Oracle:Assets",
                null,
                "no asset is named, so there is nothing to report",
                "Add one under its symbol, with StressVolatility, SellSize and DailyVolume.");
        }
    }

    /// <summary>A surface counts as its publisher signed it, and neither is of use without the other.</summary>
    private static void SourcesFit(OracleOptions oracle, ProblemList problems)
    {
        if (oracle.SurfaceFile is not null && oracle.SurfacePublisher is null && !problems.Has("Oracle:SurfacePublisher"))
        {
            problems.Add("Oracle:SurfacePublisher", null, "missing, and a surface that anybody may have written is not used", "Set it to the address of the key that signs the surface.");
        }

        if (oracle.SurfacePublisher is not null && oracle.SurfaceFile is null && !problems.Has("Oracle:SurfaceFile"))
        {
            problems.Add("Oracle:SurfaceFile", null, "missing, and a publisher is named", "Set it to the path of the file that the publisher signs, or take SurfacePublisher out.");
        }

        if (oracle.BacktestReport is { } report)
        {
            FileExists("Oracle:BacktestReport", report, "It is written by `keeperoracle vol backtest --report`.", problems);
        }
    }

    private static void FileExists(string path, string file, string fix, ProblemList problems)
    {
        // Empty where the reader refused it.
        if (file.Length > 0 && !File.Exists(file))
        {
            problems.Add(
                path,
                file,
                "there is no such file (a relative path counts from the directory of the file that names it)",
                $"Name a file that exists. {fix}");
        }
    }

    private static void KeystoresDiffer(KeeperOracleOptions options, ProblemList problems)
    {
        for (var i = 1; i < options.Keys.Count; i++)
        {
            var key = options.Keys[i];
            var twin = options.Keys.Take(i).FirstOrDefault(other => other.KeystoreFile.Length > 0 && other.KeystoreFile == key.KeystoreFile);
            if (twin is not null)
            {
                problems.Add(
                    $"Keys:{key.Name}:KeystoreFile",
                    key.KeystoreFile,
                    $"key {twin.Name} has the same keystore, and whoever steals a sending key would hold a signing one",
                    "Make a keystore for each key.");
            }
        }
    }

    private static void KeysOfTheKeeperDiffer(KeeperOptions keeper, ProblemList problems)
    {
        if (keeper.ReportKey is not { } name || problems.Has("Keeper:ReportKey"))
        {
            return;
        }

        if (keeper.Key is null && !problems.Has("Keeper:Key"))
        {
            problems.Add("Keeper:ReportKey", name, "Keeper:Key is missing, which sends everything else", "Name the one key that sends in Keeper:Key, or add the other.");
        }
        else if (string.Equals(name, keeper.Key, StringComparison.OrdinalIgnoreCase))
        {
            problems.Add("Keeper:ReportKey", name, "it is Keeper:Key, which sends reports anyway", "Name another key, or take it out.");
        }
    }

    private static void Reference(string path, string? name, KeyRole role, string deed, KeeperOracleOptions options, ProblemList problems)
    {
        if (name is null || problems.Has(path))
        {
            return;
        }

        var wanted = role == KeyRole.Keeper ? "keeper" : "oracle";
        var shown = Masking.Value(KeyKind.Text, name);
        if (options.FindKey(name) is not { } key)
        {
            var names = options.Keys.Select(known => known.Name).ToList();
            problems.Add(
                path,
                shown,
                $"there is no key of this name in {KeyTable.Section}:Keys",
                names.Count == 0
                    ? $"Add {KeyTable.Section}:Keys:{shown} with Role {wanted}."
                    : $"Did you mean \"{KeyCheck.Nearest(name, names)}\"? Keys there: {string.Join(", ", names)}.");
        }
        else if (key.Role != role && !problems.Has($"Keys:{key.Name}:Role"))
        {
            var has = role == KeyRole.Keeper ? "oracle" : "keeper";
            problems.Add(
                path,
                shown,
                $"this key has role {has}, and {deed} needs role {wanted}",
                $"Name a key with Role {wanted}: the key that signs reports and the key that sends must differ.");
        }
    }
}
