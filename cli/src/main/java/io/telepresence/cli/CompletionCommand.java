package io.telepresence.cli;

import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence completion SHELL}: a script that asks the hidden command {@code __complete} for words. */
final class CompletionCommand implements Command {
    private static final Map<String, String> SCRIPTS = Map.of(
            "bash",
            """
            # bash completion for telepresence: source <(telepresence completion bash)
            _telepresence() {
              local IFS=$'\\n'
              COMPREPLY=($(telepresence __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
            }
            complete -o default -F _telepresence telepresence
            """,
            "zsh",
            """
            #compdef telepresence
            # zsh completion for telepresence: source <(telepresence completion zsh)
            _telepresence() {
              local -a found
              found=("${(@f)$(telepresence __complete -- "${(@)words[2,$CURRENT]}" 2>/dev/null)}")
              compadd -a found
            }
            compdef _telepresence telepresence
            """,
            "fish",
            """
            # fish completion for telepresence: telepresence completion fish | source
            complete -c telepresence -f -a '(telepresence __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
            """);

    @Override
    public String name() {
        return "completion";
    }

    @Override
    public String summary() {
        return "Print a completion script for bash, zsh or fish";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create().addPositional(OptionSpecs.parameter("<shell>", "bash, zsh or fish"));
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        String script = SCRIPTS.get(invocation.parameter(0));
        if (script == null) {
            throw Fault.user("no completion for the shell \"" + invocation.parameter(0) + "\"", "Use bash, zsh or fish")
                    .exception();
        }
        script.lines().forEach(invocation.output()::line);
        return 0;
    }
}
