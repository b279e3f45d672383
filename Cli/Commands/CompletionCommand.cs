using System.CommandLine;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Commands;

/// <summary><c>completion</c>: prints a script that has a shell complete the command line. The program itself says with what.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # hms completion for bash: eval "$(hms completion bash)", in ~/.bashrc
        _hms() {
          local line=${COMP_LINE:0:COMP_POINT} word
          # What comes after the last colon or equals sign is all that bash replaces.
          local typed=${line##*[[:space:]]} before=
          case $typed in *[:=]*) before=${typed%"${typed##*[:=]}"} ;; esac
          COMPREPLY=()
          while IFS= read -r word || [[ $word ]]; do
            # Options when a dash asks for them.
            [[ $word == -* && $typed != -* ]] && continue
            [[ $word == "$typed"* ]] && COMPREPLY+=("${word#"$before"}")
          done < <(hms "[suggest:${#line}]" "$line" 2>/dev/null)
        }
        complete -F _hms hms
        """;

    private const string Zsh = """
        #compdef hms
        # hms completion for zsh: eval "$(hms completion zsh)", in ~/.zshrc after compinit
        _hms() {
          local line="${(j: :)words[1,CURRENT]}"
          local -a found
          found=("${(@f)$(hms "[suggest:${#line}]" "$line" 2>/dev/null)}")
          [[ ${words[CURRENT]} == -* ]] || found=("${(@)found:#-*}")
          compadd -a found
        }
        compdef _hms hms
        """;

    private const string Fish = """
        # hms completion for fish: hms completion fish | source, in ~/.config/fish/config.fish
        function __hms_complete
          set -l line (commandline -cp)
          hms "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -f -c hms -a '(__hms_complete)'
        """;

    private static readonly Argument<string> Shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." }.AcceptOnlyFromAmong("bash", "zsh", "fish");

    public static Command Create(Terminal terminal)
    {
        var command = new Command("completion", "Prints a script that has a shell complete the command line, names of containers and hosts included.") { Shell };
        command.SetAction(given => terminal.Out.WriteLine(given.GetValue(Shell) switch
        {
            "zsh" => Zsh,
            "fish" => Fish,
            _ => Bash,
        }));
        return command;
    }
}
