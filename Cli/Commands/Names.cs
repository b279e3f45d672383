using System.CommandLine;
using System.CommandLine.Completions;
using HmsOrleans.Cli.Client;

namespace HmsOrleans.Cli.Commands;

/// <summary>Arguments that name a container or a host; they are completed with those that there are.</summary>
internal static class Names
{
    /// <summary>Longest wait for names while somebody types.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    public static Argument<string> Container() => new Argument<string>("CONTAINER")
    {
        Description = "A name, an id or the beginning of an id; HOST/NAME where several hosts have it.",
        CompletionSources = { Containers },
    }.Word();

    public static Argument<string?> OptionalContainer() => new Argument<string?>("CONTAINER")
    {
        Description = "A name, an id or the beginning of an id; HOST/NAME where several hosts have it.",
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources = { Containers },
    }.Word();

    public static Argument<string?> OptionalHost() => new Argument<string?>("HOST")
    {
        Description = "Only this host, by its address.",
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources = { Hosts },
    }.Word();

    /// <summary>The library takes an option that it does not know for an argument.</summary>
    public static Argument<T> Word<T>(this Argument<T> argument)
    {
        argument.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => token.Value.StartsWith('-'))?.Value is { } unknown)
            {
                result.AddError($"There is no option {unknown} here.");
            }
        });
        return argument;
    }

    public static Option<string> HostOption(string description) => new("--host") { Description = description, HelpName = "HOST", CompletionSources = { Hosts } };

    public static Option<string> ContainerOption(string description) => new("--container") { Description = description, HelpName = "CONTAINER", CompletionSources = { Containers } };

    private static IEnumerable<CompletionItem> Containers(CompletionContext context) => Ask(context, hosts =>
    {
        var all = hosts.SelectMany(host => host.Containers).ToList();
        return all.CountBy(container => container.Name).SelectMany(name => name.Value == 1
            ? [name.Key]
            : all.Where(container => container.Name == name.Key).Select(container => $"{container.Host}/{container.Name}"));
    });

    private static IEnumerable<CompletionItem> Hosts(CompletionContext context) => Ask(context, hosts => hosts.Select(host => host.Address));

    /// <summary>Nothing where nobody answers soon: a prompt is no place for a message.</summary>
    private static IEnumerable<CompletionItem> Ask(CompletionContext context, Func<Host[], IEnumerable<string>> names)
    {
        try
        {
            using var api = GlobalOptions.Connect(context.ParseResult, Limit);
            // The library asks synchronously; there is nothing else in the process to be held up.
            var hosts = api.HostsWithContainersAsync(CancellationToken.None).GetAwaiter().GetResult();
            return [.. names(hosts.Value).Where(IsPlain).Order(StringComparer.Ordinal).Select(name => new CompletionItem(name))];
        }
        catch (CommandFailedException)
        {
            return [];
        }
    }

    /// <summary>A shell is given nothing that it could take for more than a word.</summary>
    private static bool IsPlain(string name) => name.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or '-' or '/' or ':');
}
