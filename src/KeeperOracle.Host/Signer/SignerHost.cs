using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace KeeperOracle.Host.Signer;

/// <summary>Runs a signer from its policy: `keeperoracle signer run`.</summary>
internal static class SignerHost
{
    private const int FewestTokenBytes = 16;
    private const int MostConnections = 64;

    public static async Task<int> RunAsync(SignerPolicy policy, TimeProvider time, CancellationToken cancellationToken)
    {
        // The guard first: its lock is what tells a socket left by a killed signer from one that is in use.
        using var guard = SignGuard.Open(policy.GuardFile, time);
        var token = ReadToken(policy.TokenFile);
        var keys = new List<PrivateKey>();
        try
        {
            foreach (var (place, key) in policy.Keys.Index())
            {
                keys.Add(SignerKeys.Open($"keys[{place}]", key.KeystoreFile, key.PasswordFile));
            }

            if (Stray(policy, keys) is { } problem)
            {
                await Console.Error.WriteLineAsync(problem);
                return ExitCode.ConfigurationInvalid;
            }

            return await ServeAsync(policy, new PolicySigner(policy, keys, guard, time), token, cancellationToken);
        }
        finally
        {
            keys.ForEach(key => key.Dispose());
            CryptographicOperations.ZeroMemory(token);
        }
    }

    private static async Task<int> ServeAsync(SignerPolicy policy, PolicySigner signer, byte[]? token, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        Logs.Configure(builder.Logging);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = SignerEndpoint.MaxRequestBytes;
            options.Limits.MaxConcurrentConnections = MostConnections;
            if (policy.Listen.SocketPath is { } path)
            {
                RemoveLeftover(path);
                options.ListenUnixSocket(path);
            }
            else
            {
                options.Listen(IPAddress.Parse(policy.Listen.Url.IdnHost.Trim('[', ']') is "localhost" ? "127.0.0.1" : policy.Listen.Url.IdnHost.Trim('[', ']')), policy.Listen.Url.Port);
            }
        });
        builder.WebHost.UseSockets(options => options.CreateBoundListenSocket = Bind);
        await using var app = builder.Build();
        app.Run(new SignerEndpoint(signer, token, app.Logger).HandleAsync);
        await app.StartAsync(cancellationToken);
        app.Logger.LogInformation("Signer of {Accounts} listens on {Listen}", string.Join(", ", signer.Accounts.Select(Eip55.Format)), policy.Listen);
        await app.WaitForShutdownAsync(cancellationToken);
        return ExitCode.Ok;
    }

    /// <summary>A socket is closed to others before it can be connected to: between binding and listening every connection is refused.</summary>
    private static Socket Bind(EndPoint endpoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (endpoint is UnixDomainSocketEndPoint && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(endpoint.ToString()!, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return socket;
    }

    /// <summary>What a killed signer left. Only an empty file that nobody listens on is taken away; anything else stands, and binding says so.</summary>
    private static void RemoveLeftover(string path)
    {
        if (!File.Exists(path) || new FileInfo(path).Length > 0)
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException refused) when (refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
    }

    /// <summary>An entry for an account without a key here would look like protection and be none.</summary>
    private static string? Stray(SignerPolicy policy, List<PrivateKey> keys)
    {
        var signers = policy.Transactions.Select(entry => entry.Signer).Concat(policy.Observations.Select(entry => entry.Signer)).ToList();
        var strays = signers.Where(signer => keys.TrueForAll(key => key.Address != signer)).Distinct().ToList();
        return strays.Count > 0 ? $"The policy names {string.Join(", ", strays.Select(Eip55.Format))}, and keys holds only {string.Join(", ", keys.Select(key => Eip55.Format(key.Address)))}. Correct signer, or add the keystore."
            : keys.DistinctBy(key => key.Address).Count() != keys.Count ? "The policy's keys hold one key twice. Keep one keystore of each."
            : null;
    }

    /// <summary>"Bearer …", as the header has it.</summary>
    private static byte[]? ReadToken(string? file)
    {
        if (file is null)
        {
            return null;
        }

        char[] text = [];
        try
        {
            text = SecretFile.Read(file);
            var prefix = "Bearer "u8;
            var token = GC.AllocateUninitializedArray<byte>(prefix.Length + Encoding.UTF8.GetByteCount(text), pinned: true);
            prefix.CopyTo(token);
            Encoding.UTF8.GetBytes(text, token.AsSpan(prefix.Length));
            return text.Length >= FewestTokenBytes
                ? token
                : throw new KeyFileException($"tokenFile: a token has {FewestTokenBytes} characters or more, for example of `openssl rand -hex 32`.");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new KeyFileException($"tokenFile: {problem.Message}");
        }
        finally
        {
            text.AsSpan().Clear();
        }
    }
}
